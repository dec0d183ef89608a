//! The part of JSON Schema that the schemas of `docs/` use. A keyword that is not known here fails
//! the test, so that nothing in a schema is passed over.

use serde_json::Value;

/// What `schema` says against `value`, which lies at `at`.
pub fn faults(root: &Value, schema: &Value, value: &Value, at: &str) -> Vec<String> {
    let mut found = Vec::new();
    let keywords = schema.as_object().expect("a schema is an object");
    for (keyword, rule) in keywords {
        let bad = match keyword.as_str() {
            "$schema" | "title" | "description" | "$defs" => false,
            // These two are read with `properties`.
            "additionalProperties" => false,
            "$ref" => {
                let pointer = rule.as_str().unwrap().strip_prefix('#').unwrap();
                let target = root
                    .pointer(pointer)
                    .expect("a reference inside the schema");
                found.extend(faults(root, target, value, at));
                false
            }
            "type" => !is_of(rule, value),
            "const" => rule != value,
            "enum" => !rule.as_array().unwrap().contains(value),
            "required" => {
                let missing = |k: &&Value| value.get(k.as_str().unwrap()).is_none();
                value.is_object() && rule.as_array().unwrap().iter().any(|k| missing(&k))
            }
            "properties" => {
                found.extend(members(root, schema, value, at));
                false
            }
            "items" => {
                for (i, item) in value.as_array().into_iter().flatten().enumerate() {
                    found.extend(faults(root, rule, item, &format!("{at}/{i}")));
                }
                false
            }
            "minimum" => value.as_f64() < rule.as_f64() && value.is_number(),
            "maximum" => value.as_f64() > rule.as_f64() && value.is_number(),
            "exclusiveMinimum" => value.as_f64() <= rule.as_f64() && value.is_number(),
            "exclusiveMaximum" => value.as_f64() >= rule.as_f64() && value.is_number(),
            "maxLength" => value
                .as_str()
                .is_some_and(|s| s.chars().count() as u64 > rule.as_u64().unwrap()),
            "maxItems" => value
                .as_array()
                .is_some_and(|a| a.len() as u64 > rule.as_u64().unwrap()),
            "pattern" => value.as_str().is_some_and(|s| !matches(rule, s)),
            "allOf" => {
                for part in rule.as_array().unwrap() {
                    found.extend(faults(root, part, value, at));
                }
                false
            }
            "oneOf" => {
                let fit = |s: &&Value| faults(root, s, value, at).is_empty();
                rule.as_array().unwrap().iter().filter(fit).count() != 1
            }
            other => panic!("the keyword {other} is not known here"),
        };
        if bad {
            found.push(format!("{at}: {keyword} {rule}"));
        }
    }
    found
}

fn members(root: &Value, schema: &Value, value: &Value, at: &str) -> Vec<String> {
    let Some(object) = value.as_object() else {
        return Vec::new();
    };
    let known = &schema["properties"];
    let mut found = Vec::new();
    for (key, member) in object {
        let place = format!("{at}/{key}");
        match known.get(key) {
            Some(rule) => found.extend(faults(root, rule, member, &place)),
            None => match schema.get("additionalProperties") {
                Some(Value::Bool(false)) => found.push(format!("{place}: not in the schema")),
                Some(rule @ Value::Object(_)) => found.extend(faults(root, rule, member, &place)),
                _ => {}
            },
        }
    }
    found
}

fn is_of(rule: &Value, value: &Value) -> bool {
    if let Some(several) = rule.as_array() {
        return several.iter().any(|r| is_of(r, value));
    }
    match rule.as_str().unwrap() {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "number" => value.is_number(),
        "integer" => value.as_f64().is_some_and(|n| n.fract() == 0.0),
        other => panic!("the type {other} is not known here"),
    }
}

/// The schemas' own patterns; another one would need a place here.
fn matches(pattern: &Value, text: &str) -> bool {
    let hex = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
    let id = |c: char| c.is_ascii_alphanumeric() || "._:-".contains(c);
    match pattern.as_str().unwrap() {
        "^[A-Za-z0-9._:-]{1,128}$" => (1..=128).contains(&text.len()) && text.chars().all(id),
        "^([0-9a-f]{64})?$" => matches!(text.len(), 0 | 64) && text.chars().all(hex),
        other => panic!("the pattern {other} is not known here"),
    }
}
