//! A regex that is compiled when it is first asked: compiling those of all patterns takes longer than reading a small
//! log.

use std::sync::OnceLock;

use regex::Regex;
use serde::{Deserialize, Serialize};

/// A regex that has been checked, or is embedded and was checked by a test.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct LazyRegex {
    text: String,
    /// `None` inside: it does not compile, which nothing that was checked does.
    compiled: OnceLock<Option<Regex>>,
}

impl LazyRegex {
    /// The regex of this text.
    pub fn new(text: &str) -> LazyRegex {
        LazyRegex { text: text.to_owned(), compiled: OnceLock::new() }
    }

    /// Does it match anywhere in the text?
    pub fn is_match(&self, text: &str) -> bool {
        let compiled = self.compiled.get_or_init(|| Regex::new(&self.text).ok());
        compiled.as_ref().is_some_and(|regex| regex.is_match(text))
    }
}

impl From<String> for LazyRegex {
    fn from(text: String) -> LazyRegex {
        LazyRegex { text, compiled: OnceLock::new() }
    }
}

impl From<LazyRegex> for String {
    fn from(regex: LazyRegex) -> String {
        regex.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_matches_as_often_as_it_is_asked() {
        let regex = LazyRegex::new("^[a-z]+[0-9]$");
        assert!(regex.is_match("srv1") && !regex.is_match("srv") && regex.is_match("db2"));
        assert!(!LazyRegex::new("(").is_match("("));
    }
}
