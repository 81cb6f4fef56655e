//! The API's description, as the judge of every answer.

use anyhow::{Result, bail, ensure};
use serde_json::{Value, json};

use crate::fixture::Answer;

pub(crate) struct Document(Value);

impl Document {
    pub(crate) fn new(document: Value) -> Self {
        Self(document)
    }

    /// That an answer of this status is described, and that its JSON is what is described.
    pub(crate) fn check(&self, method: &str, path: &str, answer: &Answer) -> Result<()> {
        let status = answer.status.as_str();
        if method == "head" {
            return Ok(());
        }
        let Some(operation) = self.operation(method, path) else {
            ensure!(
                matches!(status, "404" | "405" | "401"),
                "an answer from an address that is not described"
            );
            return self.check_problem(answer);
        };
        let described = &operation["responses"][status];
        if described.is_null() {
            // What every address may say before it looks at anything.
            ensure!(
                matches!(status, "401" | "413" | "415"),
                "this status is not described: {}",
                answer.json()
            );
            return self.check_problem(answer);
        }
        let schema = &described["content"]["application/json"]["schema"];
        if schema.is_null() {
            return Ok(());
        }
        self.validate(schema, &answer.json())
    }

    fn check_problem(&self, answer: &Answer) -> Result<()> {
        self.validate(
            &json!({"$ref": "#/components/schemas/Problem"}),
            &answer.json(),
        )
    }

    fn validate(&self, schema: &Value, instance: &Value) -> Result<()> {
        let mut wrong = Vec::new();
        self.compare(schema, instance, "answer", &mut wrong);
        if wrong.is_empty() {
            return Ok(());
        }
        bail!("{}\n{instance:#}", wrong.join("\n"))
    }

    /// As much of JSON Schema as the document uses; a word that it does not know is an error, so that nothing
    /// is passed over.
    fn compare(&self, schema: &Value, instance: &Value, place: &str, wrong: &mut Vec<String>) {
        let Some(schema) = schema.as_object() else {
            return;
        };
        for (word, value) in schema {
            match word.as_str() {
                "$ref" => self.compare(self.named(value), instance, place, wrong),
                "type" if !is_of(value, instance) => {
                    wrong.push(format!("{place} is no {value}"));
                }
                "enum" if !value.as_array().is_some_and(|all| all.contains(instance)) => {
                    wrong.push(format!("{place} is none of {value}"));
                }
                "oneOf" | "anyOf" => {
                    let fits = |schema: &Value| {
                        let mut wrong = Vec::new();
                        self.compare(schema, instance, place, &mut wrong);
                        wrong.is_empty()
                    };
                    if !value.as_array().into_iter().flatten().any(fits) {
                        wrong.push(format!("{place} fits nothing of {value}"));
                    }
                }
                "required" => {
                    let names = value.as_array().into_iter().flatten();
                    let missing = names
                        .filter_map(Value::as_str)
                        .filter(|name| instance.get(name).is_none());
                    wrong.extend(missing.map(|name| format!("{place}.{name} is missing")));
                }
                "properties" => {
                    for (name, part) in instance.as_object().into_iter().flatten() {
                        let place = format!("{place}.{name}");
                        match value.get(name) {
                            Some(schema) => self.compare(schema, part, &place, wrong),
                            None => wrong.push(format!("{place} is not described")),
                        }
                    }
                }
                "items" => {
                    for (index, part) in instance.as_array().into_iter().flatten().enumerate() {
                        self.compare(value, part, &format!("{place}[{index}]"), wrong);
                    }
                }
                "additionalProperties" if value.is_object() => {
                    for (name, part) in instance.as_object().into_iter().flatten() {
                        self.compare(value, part, &format!("{place}.{name}"), wrong);
                    }
                }
                "minimum" if instance.is_number() && instance.as_f64() < value.as_f64() => {
                    wrong.push(format!("{place} is below {value}"));
                }
                // The names in JSON are text anyway.
                "type"
                | "enum"
                | "minimum"
                | "description"
                | "format"
                | "propertyNames"
                | "additionalProperties" => {}
                other => wrong.push(format!("{place}: the word {other} is not known here")),
            }
        }
    }

    fn named(&self, reference: &Value) -> &Value {
        let name = reference.as_str().and_then(|text| text.rsplit('/').next());
        &self.0["components"]["schemas"][name.unwrap_or_default()]
    }

    /// The operation whose path fits best: one with the fewest placeholders.
    fn operation(&self, method: &str, path: &str) -> Option<&Value> {
        let segments: Vec<&str> = path.split('/').collect();
        let fits = |template: &str| {
            let parts: Vec<&str> = template.split('/').collect();
            parts.len() == segments.len()
                && parts
                    .iter()
                    .zip(&segments)
                    .all(|(part, segment)| part.starts_with('{') || part == segment)
        };
        let (_, item) = self.0["paths"]
            .as_object()?
            .iter()
            .filter(|(template, _)| fits(template))
            .min_by_key(|(template, _)| template.matches('{').count())?;
        item.get(method)
    }
}

/// Whether a value is of a type, or of one of several.
fn is_of(types: &Value, instance: &Value) -> bool {
    let is = |name: &str| match name {
        "null" => instance.is_null(),
        "boolean" => instance.is_boolean(),
        "integer" => instance.is_i64() || instance.is_u64(),
        "number" => instance.is_number(),
        "string" => instance.is_string(),
        "array" => instance.is_array(),
        "object" => instance.is_object(),
        _ => false,
    };
    match types {
        Value::Array(names) => names.iter().filter_map(Value::as_str).any(is),
        name => name.as_str().is_some_and(is),
    }
}
