/* Create, find, update, delete: the least that a host does. */
#include "example.h"

static const char MODELS[] = "{\"name\": \"Book\", \"properties\": {"
                             "  \"isbn\": {\"type\": \"string\", \"id\": true},"
                             "  \"title\": {\"type\": \"string\", \"required\": true},"
                             "  \"year\": \"integer\", \"price\": \"number\"}}";

static void create(ds_model *books)
{
    ds_record *book = ds_record_new(books);
    ds_record_set(book, "isbn", ds_string("0141439513"));
    ds_record_set(book, "title", ds_string("Pride and Prejudice"));
    ds_record_set(book, "year", ds_integer(1813));
    ds_record_set(book, "price", ds_number(7.5));
    must(ds_create(books, book, &error)); /* what one of the four above refused is told here */
    ds_record_free(book);
}

static void find(ds_model *books, ds_value isbn)
{
    ds_record *book;
    must(ds_find_by_id(books, isbn, &book, &error));
    printf("%s, %lld\n", ds_record_get(book, "title").as.string, (long long)ds_record_get(book, "year").as.integer);
    print(book);
    ds_record_free(book);
}

static void update(ds_model *books, ds_value isbn)
{
    ds_record *changes = ds_record_new(books);
    ds_record_set(changes, "price", ds_number(6.25));
    ds_record_set(changes, "year", ds_null()); /* removes it; what is not set stays */
    must(ds_update_by_id(books, isbn, changes, &error));
    ds_record_free(changes);
}

static void delete_it(ds_model *books, ds_value isbn)
{
    bool exists;
    uint64_t left;
    must(ds_delete_by_id(books, isbn, &error));
    must(ds_exists(books, isbn, &exists, &error));
    must(ds_count(books, NULL, &left, &error));
    printf("%s; %llu books are left\n", exists ? "it is still there" : "it is gone", (unsigned long long)left);
}

int main(int argc, char **argv)
{
    ds_catalog *catalog = example_catalog(argc, argv, MODELS);
    ds_model *books = example_model(catalog, "Book");
    ds_value isbn = ds_string("0141439513");
    create(books);
    find(books, isbn);
    update(books, isbn);
    find(books, isbn);
    delete_it(books, isbn);
    ds_catalog_close(catalog);
    return EXIT_SUCCESS;
}
