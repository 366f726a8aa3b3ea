//! Records that are made here: JSON for what came as something else.

/// A JSON object in the making.
#[derive(Debug, Default)]
pub(crate) struct Record(String);

impl Record {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Adds a string.
    pub(crate) fn string(&mut self, name: &str, value: &str) {
        self.raw(name, &quoted(value));
    }

    /// Adds a value that is JSON already.
    pub(crate) fn raw(&mut self, name: &str, json: &str) {
        self.0.push(if self.0.is_empty() { '{' } else { ',' });
        self.0.push_str(&quoted(name));
        self.0.push(':');
        self.0.push_str(json);
    }

    /// The object.
    pub(crate) fn end(mut self) -> String {
        if self.0.is_empty() {
            self.0.push('{');
        }
        self.0.push('}');
        self.0
    }
}

/// A JSON object of strings. What stands there more than once is an array.
pub(crate) fn object<S: AsRef<str>>(fields: &[(S, S)]) -> String {
    let mut record = Record::new();
    for (i, (name, value)) in fields.iter().enumerate() {
        let same = |(other, _): &&(S, S)| other.as_ref() == name.as_ref();
        if fields[..i].iter().any(|field| same(&field)) {
            continue;
        }
        let more: Vec<&str> = fields[i..].iter().filter(same).map(|(_, v)| v.as_ref()).collect();
        match more.as_slice() {
            [_] => record.string(name.as_ref(), value.as_ref()),
            all => {
                let all: Vec<String> = all.iter().map(|value| quoted(value)).collect();
                record.raw(name.as_ref(), &format!("[{}]", all.join(",")));
            }
        }
    }
    record.end()
}

/// A JSON string.
pub(crate) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects() {
        assert_eq!(Record::new().end(), "{}");
        let fields = [("a", "1"), ("b\"", "x\n"), ("a", "2")];
        assert_eq!(object(&fields), r#"{"a":["1","2"],"b\"":"x\n"}"#);
    }
}
