/* The rules that the cases prove: where each is written, what it says, and what usually breaks it. A report names the rule
 * of the step that failed, so that an author reads there what to look up and where to look. */
#ifndef CONFORMANCE_RULES_H
#define CONFORMANCE_RULES_H

typedef struct rule {
    const char *where; /* a header and its part, or a document and its section */
    const char *says;
    const char *often; /* what is usually wrong where it is broken */
} rule;

/* what is written */
extern const rule rule_create, rule_id_taken, rule_checked_before, rule_defaults, rule_generated_text, rule_sequence,
    rule_outcomes, rule_large_array, rule_find_or_create, rule_failed_create;
extern const rule rule_update, rule_missing, rule_null_removes, rule_own_id, rule_expected, rule_expected_absent,
    rule_expected_holds, rule_update_where, rule_delete, rule_delete_where, rule_no_filter, rule_replace, rule_upsert,
    rule_replace_or_create, rule_increment, rule_increment_limits, rule_increment_doubles, rule_expire, rule_model_ttl,
    rule_version, rule_unique, rule_atomic;

extern const rule rule_batch, rule_batch_outcomes, rule_batch_models, rule_batch_whole, rule_batch_checked;

/* what is found */
extern const rule rule_equal, rule_null, rule_complement, rule_range_null, rule_numbers, rule_negative_zero,
    rule_strings, rule_dates, rule_booleans, rule_binary, rule_json, rule_types, rule_lists, rule_between, rule_groups,
    rule_like, rule_ilike, rule_regexp, rule_contains, rule_exists, rule_arrays, rule_paths, rule_any, rule_undeclared;
extern const rule rule_invalid, rule_fields, rule_by_ids, rule_walk, rule_superset, rule_count, rule_end_scan,
    rule_scans_apart, rule_scan_threads, rule_first, rule_explain;
extern const rule rule_order_null, rule_order_ties, rule_order_values, rule_order_direction, rule_page,
    rule_limit_alone, rule_mark, rule_order_fields;

/* what is kept, and the life of a source */
extern const rule rule_integers_kept, rule_numbers_kept, rule_strings_kept, rule_binary_kept, rule_dates_kept,
    rule_json_kept, rule_ids, rule_long_ids, rule_integer_ids, rule_schemaless, rule_only_an_id, rule_undeclared_text,
    rule_index, rule_views, rule_disconnect, rule_defined_once;

#endif
