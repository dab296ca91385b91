/* The text of the rules. `where` names the document or the entry of connector.h that has the rule. */
#include "rules.h"

#define ENTRIES "connector.h, rules for all entries"
#define FILTERS "docs/FILTERS.md, "
#define DID     "leave DS_DID_WHERE out of *did for the operators that your backend does not do in just this way"

/* ---- what is written ---- */

const rule rule_create = {
    "connector.h, create_records",
    "Stores new records: each is found afterwards by its id, with all that was set, and nothing else.",
    "a type of property that is not written or not read back; ids that are stored in one form and looked up in "
    "another"};
const rule rule_id_taken = {
    "connector.h, create_records",
    "An id that is taken is DS_DUPLICATE. The check and the write of one record are one atomic step.",
    "a write that does not ask (SET, INSERT OR REPLACE); ask the backend to create only what is absent, and answer "
    "ds_outcome_refuse(..., DS_REFUSED_ID_TAKEN, NULL)"};
const rule rule_checked_before = {
    ENTRIES,
    "Records that are written hold values of their properties' types, ids that are not null (unless generated) and all "
    "required properties: the library refuses what does not, before it calls an entry.",
    "not the connector: this is answered by the library. If a count differs, look at what deleted the records before"};
const rule rule_defaults = {
    "connector.h, create_records and upsert_records",
    "Defaults are in the record that create is given; an upsert is given them apart, for the creation alone.",
    "defaults that are laid over what was given, or that an upsert of a record that exists adds"};
const rule rule_generated_text = {"datasources.json(5), models",
                                  "A generated id of type string is a ULID, made by the library; the host's record is "
                                  "told.",
                                  "an id that the connector makes itself; only integers are left to it"};
const rule rule_sequence = {
    "connector.h, create_records, and rules for all entries",
    "Where the model generates integer ids and a record has none, the connector puts the next one of the sequence with "
    "ds_record_put(). An id set explicitly in create, upsert or replace raises the sequence; a smaller one does not "
    "lower it.",
    "a counter that explicit ids do not touch, or a sequence that is the number of records"};
const rule rule_outcomes = {
    "connector.h, ds_outcomes",
    "Each record has an outcome, and the entry decides each: one that is refused does not keep the others from being "
    "done.",
    "a loop that returns at the first failure, or one transaction around the array; refuse that one with "
    "ds_outcome_refuse(), go on, and return DS_OK"};
const rule rule_large_array = {
    "connector.h, create_records", "Any number of records comes in one call, and each is stored.",
    "a limit of the backend on the parameters of a statement or the size of a request: split the array"};
const rule rule_find_or_create = {
    "source.h, ds_find_or_create", "Where a record matches it is answered; where none does, the given one is stored.",
    "a find by id or by value that misses a record which is there, or a create that does not ask"};
const rule rule_failed_create = {
    "source.h, ds_create",
    "After a failure the record is as it was: an id and defaults that were filled in are taken out again.",
    "a create that fails after it was told to be done, or changes the record that it was given"};

const rule rule_update = {
    "connector.h, update_records",
    "Changes the properties set in `changes` of the records with these ids, and no other property or record. Where it "
    "sets nothing, only the conditions are looked at.",
    "a record that is written whole from `changes`, a property that is passed over, an update of nothing that is not "
    "answered"};
const rule rule_missing = {
    "connector.h, update_records and delete_records",
    "Only a record that exists is changed; where none has the id, the outcome is DS_REFUSED_MISSING.",
    "a write that creates (an upsert, HSET), or no look at how many rows the statement changed"};
const rule rule_null_removes = {
    "connector.h, update_records",
    "A null that is set in `changes` removes the property. (docs/FILTERS.md: null and absent are the same.)",
    "a loop that passes over nulls: ds_record_field() answers true for a null that was set, and false for what was "
    "not"};
const rule rule_own_id = {"connector.h, update_records",
                          "`changes` never sets the id: the library checks that it is the record's own, and takes it "
                          "out.",
                          "not the connector, unless what was refused is stored all the same"};
const rule rule_expected = {
    "connector.h, update_records and delete_records",
    "Where `expected` is not NULL, a record is written only if it still holds what is set in expected[i], in one "
    "atomic "
    "step with the write; otherwise the outcome is DS_REFUSED_CHANGED.",
    "`expected` is not looked at, or is looked at before the lock or transaction of the write; ds_record_holds() does "
    "the comparison"};
const rule rule_expected_absent = {"connector.h, ds_record_holds",
                                   "A property that is set to null in `expected` must be absent.",
                                   "a comparison that passes over nulls, or SQL's \"= NULL\", which is never true"};
const rule rule_expected_holds = {
    "connector.h, update_records and ds_record_holds()",
    "A record that nobody has changed holds what was read of it, of every type: the comparison is by the backend's own "
    "text "
    "of a value (raw where there is one, the canonical text otherwise).",
    "values that are compared in another form than they are stored in (1 with 1.0, dates in two forms, text cut at a "
    "NUL), "
    "or a value that was put with ds_record_put() where the backend's text is not canonical: say so with "
    "ds_record_put_raw()"};
const rule rule_update_where = {
    "connector.h, update_where and update_records",
    "Each record that matches is changed, however many, and the count says how many: those that match, whether or not "
    "the values were there already.",
    "a count of records looked at or of values that differed; a walk that its own changes disturb"};
const rule rule_delete = {
    "connector.h, delete_records",
    "The record is gone, all of it, and its id is free. Where none has the id, the outcome is DS_REFUSED_MISSING.",
    "a record that is only marked, something of it that is left under another key, or no look at whether it was there"};
const rule rule_delete_where = {"connector.h, delete_where and delete_records",
                                "Each record that matches is deleted, however many, and the count says how many. A "
                                "walk goes on behind records that "
                                "are deleted meanwhile.",
                                "a scan by position, which moves when records before it are deleted: a scan walks what "
                                "there was, or goes on by id"};
const rule rule_no_filter = {"source.h, ds_update and ds_delete",
                             "No filter is DS_INVALID; every record is said by ds_everything().",
                             "not the connector: this is answered by the library"};
const rule rule_replace = {
    "connector.h, replace_records",
    "Stores the record whole in place of what has its id: what it does not set is gone. `must_exist`: DS_NOT_FOUND "
    "where "
    "there is none.",
    "an update in place of a replace; without the entry, an update_records that does not remove nulls"};
const rule rule_upsert = {
    "connector.h, upsert_records",
    "Creates the record, with `defaults`, or changes only the properties that it sets; null removes.",
    "a replace in place of an upsert, defaults that are laid over what is there, `created` that is not told"};
const rule rule_replace_or_create = {
    "connector.h, replace_records",
    "Without `must_exist` the record is created where there is none, else stored whole.",
    "an update in place of a replace, `created` that is not told"};
const rule rule_increment = {
    "connector.h, increment, and ds_value_add()",
    "Adds, null counting as 0, and answers the sum, of the property's type. DS_NOT_FOUND where no record has the id.",
    "a sum of another type than the property's, an increment that creates a record; ds_value_add() makes the sum"};
const rule rule_increment_limits = {"connector.h, ds_value_add()",
                                    "A sum that does not fit is DS_INVALID, and the value stays.",
                                    "an overflow that wraps or is turned into a double; ds_value_add() refuses it"};
const rule rule_increment_doubles = {
    "connector.h, ds_value_add()", "The same sum on every connector: doubles are added as C adds them.",
    "the backend's own arithmetic, or a double that is stored with too few digits; ds_value_add() makes the sum"};
const rule rule_expire = {
    "connector.h, DS_CAN_EXPIRE, expire and ttl",
    "What has expired is gone for every entry, from the ms on. update and increment keep the expiry, a record that is "
    "created anew has none; -1 takes it away. Without the capability the library refuses it.",
    "an expired record that is still counted, found or taken for its id until something sweeps it"};
const rule rule_model_ttl = {
    ENTRIES,
    "settings.ttl: create starts it, and so does an upsert that creates; replace starts it anew; update and increment "
    "keep the expiry. Without DS_CAN_EXPIRE the library refuses such a model.",
    "an update that writes the record anew, or settings.ttl that is not looked at"};
const rule rule_version = {"connector.h, DS_CAN_VERSION",
                           "Keeps settings.version itself: stores 1, adds 1 with each write, refuses an older one with "
                           "DS_REFUSED_OLDER_VERSION. Without the capability the library refuses such a model.",
                           "a version that is compared before the write instead of in one step with it"};
const rule rule_unique = {
    "connector.h, DS_CAN_UNIQUE",
    "A unique value is held by one record; records without a value do not meet; a write that is refused has changed "
    "nothing, and what is deleted or changed sets its value free. Without the capability the library refuses such a "
    "model.",
    "one of create, update, upsert and replace that does not look, or a record that is in its own way"};
const rule rule_atomic = {
    ENTRIES,
    "Entries are called by any thread, several at a time on one connection; each record is checked and written in one "
    "atomic step.",
    "a connection, statement or buffer that threads share without a lock, or a lock that is let go between the check "
    "and the write"};

const rule rule_batch = {"connector.h, batch",
                         "The writes are done in their order: each meets what those before it have done, an id may "
                         "come several times, and one "
                         "that is refused or fails keeps none of the others from being done.",
                         "writes that are gathered by kind or model past others of the same record, or one transaction "
                         "that the first failure "
                         "ends; answer DS_UNSUPPORTED, with nothing changed, for what the entry cannot do"};
const rule rule_batch_outcomes = {
    "connector.h, batch",
    "Each write has an outcome of its own, by its number in the batch; what is refused or fails does not keep the "
    "others "
    "from being done.",
    "outcomes that are counted anew for each run of like writes, or one transaction that the first failure ends"};
const rule rule_batch_models = {"connector.h, batch",
                                "The writes may be to several models of the data source, each of which is written to.",
                                "the first write's model that is taken for that of them all"};
const rule rule_batch_whole = {
    "connector.h, batch with DS_ATOMIC, and DS_CAN_ATOMIC_BATCH",
    "All or nothing: where one write cannot be done, nothing is changed, and nobody sees a part of it. Without the "
    "capability the host is refused with DS_UNSUPPORTED.",
    "a check that is made after the first write, or a transaction that is committed in spite of an outcome"};
const rule rule_batch_checked = {
    "source.h, ds_batch_run",
    "What the library checks before the entry is called: the models, the ids, at most 1,000 "
    "writes of an atomic batch, none of an id or unique value that another has.",
    "not the connector: this is answered by the library"};

/* ---- what is found ---- */

const rule rule_equal = {FILTERS "Operators", "eq holds where the value is equal; neq is its exact complement.",
                         "a literal that is turned into text or another type on its way to the backend"};
const rule rule_null = {FILTERS "Operators",
                        "Null and absent are the same. eq null holds where there is no value, neq null where there is "
                        "one.",
                        "SQL's \"= NULL\", which is never true, or an absent field that is not taken for null"};
const rule rule_complement = {
    FILTERS "Operators: null and absent are the same",
    "Each n... is the exact complement of its operator: neq 5, nin [5] and nlike \"x\" hold for what is null or absent "
    "too.",
    "SQL's three-valued logic: x <> 5 is not true where x is null. Add OR x IS NULL, or " DID};
const rule rule_range_null = {FILTERS "Operators", "gt, gte, lt, lte and between never hold with null on either side.",
                              "null that is taken for the least value, for 0 or for an empty text"};
const rule rule_numbers = {FILTERS "Values and types",
                           "Numbers compare as numbers, integers with doubles and beyond 2^53 exactly.",
                           "numbers that are stored or compared as text (\"10\" before \"9\"), or 64-bit integers that "
                           "go through a double; " DID};
const rule rule_negative_zero = {FILTERS "Values and types", "-0 equals 0.",
                                 "doubles that are compared by their text or by their bits"};
const rule rule_strings = {
    FILTERS "Values and types", "Strings and binary compare byte by byte, to their whole length.",
    "a collation or locale of the backend, text that is cut at a NUL, bytes that are compared as signed; " DID};
const rule rule_dates = {FILTERS "Values and types", "Dates compare as points in time, to the millisecond.",
                         "dates compared as local time or as text of various lengths, milliseconds that are cut off"};
const rule rule_booleans = {FILTERS "Values and types",
                            "false comes before true, and both are values: false is not null.",
                            "false that is stored as nothing, or as text"};
const rule rule_binary = {FILTERS "Values and types",
                          "Binary compares byte by byte, to its whole length; empty binary is a value.",
                          "bytes that are compared as signed or as their base64, or cut at a NUL"};
const rule rule_json = {
    FILTERS "Values and types", "JSON compares by its canonical text: keys sorted by bytes, no white space.",
    "JSON that the backend stored in another form, and that was not made canonical before it is compared"};
const rule rule_types = {FILTERS "Values and types",
                         "Values of different types are ordered null < boolean < number < date < string < binary < "
                         "JSON, and are never equal.",
                         "a backend that converts: \"1\" = 1. " DID};
const rule rule_lists = {
    FILTERS "Operators",
    "inq holds where the value is equal to one of the list ([]: never; a null in it matches what is "
    "absent); nin is its exact complement.",
    "SQL's IN with an empty list or with NULL in it; " DID};
const rule rule_between = {FILTERS "Operators", "between holds from low to high, both included.",
                           "a half-open range, or two comparisons that different elements of an array may meet"};
const rule rule_groups = {
    FILTERS "Conditions", "and: all hold, [] always; or: any holds, [] never; nor: none holds, [] always.",
    "SQL's NOT of a comparison with null, which is not true; an empty list that leaves no condition "
    "behind"};
const rule rule_like = {
    FILTERS "like",
    "The whole value must match, with case: % is any run of characters, _ is one code point, \\ "
    "escapes. Only strings match.",
    "a LIKE of the backend that folds case (SQLite's), takes _ for a byte, matches a part or has no "
    "escape; " DID};
const rule rule_ilike = {FILTERS "like", "ilike and nilike compare by Unicode's simple case folding.",
                         "a backend that folds ASCII alone; " DID};
const rule rule_regexp = {FILTERS "regexp", "PCRE2's syntax, with UTF; a match anywhere in the value will do.",
                          "another dialect of regular expressions; " DID};
const rule rule_contains = {FILTERS "Arrays",
                            "contains asks for all given elements, in any order; [] holds for every array.",
                            "an array that is searched as text; " DID};
const rule rule_exists = {FILTERS "Operators",
                          "exists holds where there is a value: an empty string, an empty array and false are values.",
                          "an empty value that is stored as nothing"};
const rule rule_arrays = {
    FILTERS "Arrays",
    "A comparison with an array holds where it holds for one element; a literal that is an array is compared with the "
    "whole; the n... are complements here too.",
    "an array that is compared as the text that it is stored as; " DID};
const rule rule_paths = {FILTERS "Paths", "a.b looks into an object; a path that leads nowhere is null.",
                         "a path that is passed over: ds_filter_node.path is not NULL. " DID};
const rule rule_any = {FILTERS "Values and types",
                       "A property of type any keeps the type of its value; literals are compared as they are given.",
                       "a value that comes back with another type (1 as \"1\"): store it as JSON text"};
const rule rule_undeclared = {
    FILTERS "Values and types: undeclared properties",
    "Undeclared properties hold text. A literal that is not a string is compared with the text read as the literal's "
    "type; a string with the text as it is.",
    "text that is compared with a number as text, or as a number that it is not; " DID};

const rule rule_invalid = {
    FILTERS "the first lines",
    "What is not understood is DS_INVALID with a sentence that names the place; nothing unknown is "
    "passed over.",
    "not the connector, which is given only what was checked: this is answered by the library"};
const rule rule_fields = {
    "connector.h, ds_selection.fields, and DS_DID_FIELDS",
    "A record holds at least the fields that are asked for: those of the host, of the order and of the filter, and the "
    "id. field_count 0 is every property.",
    "only the host's fields are read, or a count of 0 is taken for none"};
const rule rule_by_ids = {"connector.h, find_by_ids",
                          "Adds the records of these ids in this order, missing ones left out.",
                          "the order of the backend, or an array that is not as long as the one that was given"};
const rule rule_walk = {"connector.h, find_records and next_block",
                        "A scan answers every record, once; next_block adds none at the end, and only there.",
                        "the last record or block is lost when the backend says that there is no more; a block's "
                        "bounds repeat a record; an "
                        "empty page in the middle is answered as an empty block"};
const rule rule_superset = {
    "connector.h, find_records, and DS_DID_*",
    "A connector sets the bits of what it does exactly; it may answer more records than asked where it does less, "
    "never "
    "fewer. A record that is answered holds what was stored.",
    "a condition that leaves out records although its bit was not allowed or not set; a value that was changed when it "
    "was stored or read"};
const rule rule_count = {
    "connector.h, count", "Counts the records that match: as many as a find of the same filter answers.",
    "a count entry that passes over a part of the filter; answer DS_UNSUPPORTED for what it cannot do"};
const rule rule_end_scan = {"connector.h, end_scan", "A scan may be ended at any time, before its first block too.",
                            "a scan that has to be read to its end before the connection can be used again"};
const rule rule_scans_apart = {
    "connector.h, rules for all entries, and next_block",
    "Several scans may be open at a time, beside other operations; each goes on where it was.",
    "the position of a scan, or the bytes of its records, are kept in the connection instead of in the scan"};
const rule rule_scan_threads = {
    "connector.h, rules for all entries",
    "A scan belongs to one thread at a time: it is begun, gone on with and ended by any, one after the other.",
    "a scan that is kept where only the thread that began it finds it, or a lock that this thread must let go"};
const rule rule_first = {"source.h, ds_find_one", "The first record in the order, or DS_NOT_FOUND.",
                         "a limit of 1 that counts before the filter or the order"};
const rule rule_explain = {"connector.h, explain", "Appends the members of a JSON object, without its braces.",
                           "braces, or a comma at the end"};

const rule rule_order_null = {FILTERS "Order", "null comes first when ascending, last when descending.",
                              "the backend's own place for null (NULLS FIRST, NULLS LAST), or an index that leaves out "
                              "what has no value; leave DS_DID_ORDER out of *did where it differs"};
const rule rule_order_ties = {
    FILTERS "Order, and connector.h, ds_selection.order",
    "Ties are decided by the id, in the direction of the item before it: the order that a connector is given ends in "
    "the "
    "id.",
    "the last item of `order` is not used, so that ties come as they were stored, or always ascending"};
const rule rule_order_values = {
    FILTERS "Order",
    "Values are ordered as they compare: numbers as numbers, strings and binary by bytes, dates by time, types null < "
    "boolean < number < date < string < binary < JSON.",
    "numbers ordered as text or through a double, a collation of the backend; leave DS_DID_ORDER out of *did for "
    "these"};
const rule rule_order_direction = {FILTERS "Order", "Each item has its own direction, ascending where none is given.",
                                   "the direction of the first item is used for all"};
const rule rule_page = {
    "connector.h, DS_DID_PAGE",
    "skip and limit count behind filter, order and mark: `skip` records of the answer are left out, then `limit` come.",
    "a skip that is off by one, or a page that is cut before the filter or the order; set DS_DID_PAGE only with "
    "DS_DID_WHERE, and with DS_DID_ORDER and DS_DID_AFTER where these are asked"};
const rule rule_limit_alone = {FILTERS "limit, skip, after",
                               "Without an order a limit still answers that many, and a skip leaves "
                               "out that many.",
                               "a limit on what the backend looks at, not on what it finds"};
const rule rule_mark = {
    "connector.h, ds_selection.after, and DS_DID_AFTER",
    "Goes on behind the record that holds the values of `after`: the first that comes after it in the order, whether "
    "that record still exists or not.",
    "\"not before\" in place of \"after\", so that the record comes again; only the first item is compared; null in "
    "`after` that is compared as SQL does"};
const rule rule_order_fields = {"connector.h, ds_selection.fields",
                                "What is ordered by need not be among the fields of the host; it is among `fields`.",
                                "only the host's fields are read, and the order is lost"};

/* ---- what is kept ---- */

const rule rule_integers_kept = {"value.h, DS_INTEGER", "64-bit integers are stored and come back exactly.",
                                 "an integer that goes through a double (JSON, Lua) loses all beyond 2^53"};
const rule rule_numbers_kept = {
    "value.h, DS_NUMBER", "Doubles come back bit by bit.",
    "printf's \"%g\" or \"%f\" with too few digits; ds_value_text() writes the shortest text "
    "that reads back the same"};
const rule rule_strings_kept = {"value.h, DS_STRING", "Strings are UTF-8 and may hold NUL; an empty string is a value.",
                                "strlen() in place of ds_value.length; an empty string that is stored as null"};
const rule rule_binary_kept = {"value.h, DS_BINARY", "Binary comes back byte by byte, however long.",
                               "a limit of the backend on the size of a value, or a NUL that ends it"};
const rule rule_dates_kept = {"value.h, DS_DATE", "Dates come back to the millisecond, of the years 0000 to 9999.",
                              "dates that are stored in seconds, in a 32-bit time or in local time"};
const rule rule_json_kept = {"value.h, DS_JSON, and model.h, DS_PROPERTY_ANY",
                             "Objects, arrays and values of type any come back the same, any with its type.",
                             "JSON that goes through a parser which loses integers, or any that is stored as text"};
const rule rule_ids = {
    "connector.h, rules for all entries",
    "An id is any string but an empty one, to its whole length: ids that differ in one byte are "
    "different records.",
    "an id that is cut at a NUL, escaped on one way only, folded by case, or taken for a pattern or a "
    "path"};
const rule rule_long_ids = {
    "record.h, ds_record_set", "An id of up to 4 KiB is stored.",
    "a key or a file name of the backend that is shorter: store a hash of it, and the id beside"};
const rule rule_integer_ids = {"model.h, ds_property.id",
                               "An id may be an integer, of 64 bits, and is ordered as a number.",
                               "integer ids that are kept as text, or go through a double"};
const rule rule_schemaless = {
    "model.h, ds_model_is_schemaless", "Every property but id is undeclared, and all values are text, under any name.",
    "only ds_model_property() is looked at: slots from ds_model_property_count() on are undeclared properties "
    "(ds_record_field)"};
const rule rule_only_an_id = {ENTRIES, "A record may hold no more than its id, and is there all the same.",
                              "a record that is stored as its fields, so that one without fields does not exist"};
const rule rule_undeclared_text = {
    "model.h, ds_model_is_strict",
    "A model that is not strict holds undeclared properties, as text, beside its own; a replace removes those that it "
    "does not set.",
    "only ds_model_property() is looked at: slots from ds_model_property_count() on are undeclared properties"};
const rule rule_index = {"connector.h, ds_connector.open_model",
                         "An index changes no answer; a connector that cannot keep it may refuse the model with "
                         "DS_UNSUPPORTED and a sentence.",
                         "an index entry that an update leaves behind, or that is written for null"};
const rule rule_views = {"source.h, ds_model_with",
                         "A view has its own deadline and cancel token; the model itself has not.",
                         "a deadline or token that is kept from one call for the next"};
const rule rule_disconnect = {
    "connector.h, disconnect, connect and status",
    "A source may be disconnected and connected again; what was stored is there. Between the two it is not ready.",
    "records that belong to the connection instead of to what open() made; a status that does not follow"};
const rule rule_defined_once = {"source.h, ds_model_define",
                                "The same definition again is the same handle; another one of the name is DS_CONFIG.",
                                "not the connector: this is answered by the library"};
