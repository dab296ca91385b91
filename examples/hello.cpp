/* The same library from C++17: handles in unique_ptr, queries without the macros of C. */
#include <datasource/datasource.h>

#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

namespace {

template <auto Close> struct closes {
    template <typename T> void operator()(T *handle) const { Close(handle); }
};
using catalog_ptr = std::unique_ptr<ds_catalog, closes<ds_catalog_close>>;
using record_ptr = std::unique_ptr<ds_record, closes<ds_record_free>>;
using cursor_ptr = std::unique_ptr<ds_cursor, closes<ds_cursor_close>>;
using filter_ptr = std::unique_ptr<ds_filter, closes<ds_filter_free>>;

ds_error error;

void must(ds_status status)
{
    if (status != DS_OK)
        throw std::runtime_error(error.message);
}

ds_value value(std::string_view text) { return ds_string_n(text.data(), text.size()); }

void greet(ds_model *greetings, std::string_view language, std::string_view text)
{
    record_ptr greeting(ds_record_new(greetings));
    ds_record_set(greeting.get(), "id", value(language));
    ds_record_set(greeting.get(), "text", value(text));
    must(ds_create(greetings, greeting.get(), &error));
}

void show(ds_model *greetings, const ds_filter *which)
{
    ds_query query;
    ds_cursor *opened = nullptr;
    const ds_record *record = nullptr;
    ds_query_init(&query);
    query.where = which;
    query.order = "id";
    must(ds_find(greetings, &query, &opened, &error));
    cursor_ptr cursor(opened);
    for (must(ds_cursor_next(opened, &record, &error)); record; must(ds_cursor_next(opened, &record, &error))) {
        ds_value text = ds_record_get(record, "text");
        std::cout << std::string_view(text.as.string, text.length) << '\n';
    }
}

void run(const std::string &settings)
{
    ds_catalog *opened = nullptr;
    must(ds_catalog_parse(("{\"main\": " + settings + "}").c_str(), nullptr, &opened, &error));
    catalog_ptr catalog(opened);
    ds_source *source = ds_catalog_source(opened, "main", &error);
    must(source ? DS_OK : error.status);
    ds_model *greetings = ds_source_model(source, "greeting", &error);
    must(greetings ? DS_OK : error.status);
    greet(greetings, "en", "Hello");
    greet(greetings, "fr", "Bonjour");
    greet(greetings, "it", "Buongiorno");
    ds_filter *children[] = {ds_where("text", DS_LIKE, value("%on%")), ds_where("id", DS_NEQ, value("fr"))};
    filter_ptr italian(ds_all(children, 2));
    show(greetings, nullptr);
    show(greetings, italian.get());
}

} // namespace

int main(int argc, char **argv)
try {
    run(argc > 1 ? argv[1] : "{\"connector\": \"memory\"}");
    return 0;
} catch (const std::exception &failure) {
    std::cerr << failure.what() << '\n';
    return 1;
}
