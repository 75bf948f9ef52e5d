//! Functions of other languages, by the names that people bring along.

/// Functions of other languages that give another value each time.
pub(super) const CLOCKS: [&str; 11] = [
    "now",
    "today",
    "random",
    "rand",
    "uuid4",
    "newid",
    "gen_random_uuid",
    "getdate",
    "sysdate",
    "current_timestamp",
    "current_date",
];

/// What other languages call a function, and what it is called here.
const ALIASES: [(&str, &str); 70] = [
    ("lowercase", "lower"),
    ("uppercase", "upper"),
    ("lcase", "lower"),
    ("ucase", "upper"),
    ("strip", "trim"),
    ("ltrim", "trim_start"),
    ("rtrim", "trim_end"),
    ("lpad", "pad_start"),
    ("rpad", "pad_end"),
    ("len", "length"),
    ("char_length", "length"),
    ("substr", "substring"),
    ("strpos", "position"),
    ("instr", "position"),
    ("regexp_replace", "regex_replace"),
    ("replace_all", "replace"),
    ("includes", "contains"),
    ("regexp_matches", "matches"),
    ("regex_matches", "matches"),
    ("regexp_substr", "regex_find"),
    ("regexp_extract", "regex_find"),
    ("regex_extract", "regex_find"),
    ("string_to_array", "split"),
    ("array_to_string", "join"),
    ("cardinality", "length"),
    ("array_length", "length"),
    ("size", "length"),
    ("ifnull", "coalesce"),
    ("nvl", "coalesce"),
    ("isnull", "is_null"),
    ("try_cast", "try"),
    ("safe_cast", "try"),
    ("decode", "map"),
    ("lookup", "map"),
    ("ceiling", "ceil"),
    ("trunc", "truncate"),
    ("mod", "modulo"),
    ("div", "quotient"),
    ("date_trunc", "start_of"),
    ("strftime", "format_time"),
    ("to_char", "format_time"),
    ("date_format", "format_time"),
    ("to_date", "parse_date"),
    ("strptime", "parse_datetime"),
    ("to_timestamp", "parse_datetime"),
    ("to_utc", "utc"),
    ("datediff", "days_between"),
    ("date_diff", "days_between"),
    ("timestampdiff", "seconds_between"),
    ("dateadd", "add_days"),
    ("date_add", "add_days"),
    ("dayofweek", "weekday"),
    ("json_extract", "json_get"),
    ("json_value", "json_text"),
    ("json_extract_path_text", "json_text"),
    ("get_json_object", "json_text"),
    ("unhex", "from_hex"),
    ("uuid_generate_v5", "uuid_v5"),
    ("int", "int64"),
    ("bigint", "int64"),
    ("integer", "int32"),
    ("float", "float64"),
    ("double", "float64"),
    ("string", "text"),
    ("to_string", "text"),
    ("str", "text"),
    ("boolean", "bool"),
    ("to_number", "decimal"),
    ("varchar", "text"),
    ("numeric", "decimal"),
];

/// The function that other languages call so.
pub(super) fn alias(name: &str) -> Option<&'static str> {
    let lower = name.to_lowercase();
    ALIASES.iter().find(|(theirs, _)| *theirs == lower).map(|(_, ours)| *ours)
}

#[cfg(test)]
mod tests {
    use super::ALIASES;
    use crate::functions::functions;

    #[test]
    fn every_name_leads_to_a_function() {
        let is_ours = |name: &str| functions().any(|info| info.name == name);
        for (theirs, ours) in ALIASES {
            assert!(is_ours(ours) && !is_ours(theirs), "{theirs} is {ours}");
        }
    }
}
