//! `blogscan explain`: what a known failure is, which versions have it, what to do; and what a code means.

use serde::Serialize;

use super::text::{BOLD, DIM, Look, PLACE, PLAIN, Page, Rich, impact_words, prose};
use crate::base::Impact;
use crate::pattern::Pattern;
use crate::pattern::model::Affected;

/// A known failure, as it is explained.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Article {
    /// Id of the pattern.
    pub id: String,
    /// Other ids of the same failure.
    pub aliases: Vec<String>,
    /// One line for people.
    pub title: String,
    /// What it does.
    pub impact: Impact,
    /// The advisory.
    pub url: String,
    /// Products that it concerns.
    pub products: Vec<String>,
    /// Affected versions, one sentence per product.
    pub affected: Vec<String>,
    /// What happens.
    pub what_happens: String,
    /// How to tell.
    pub how_to_tell: String,
    /// Workaround.
    pub workaround: String,
    /// Fix.
    pub fix: String,
    /// Documents.
    pub references: Vec<String>,
}

/// What a code of a product means.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Meaning {
    /// Product.
    pub product: String,
    /// Code as the product prints it.
    pub code: String,
    /// What it means.
    pub meaning: String,
    /// The usual cause, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// What to look at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub look_at: Option<String>,
    /// Ids of known failures in which it occurs.
    pub advisories: Vec<String>,
}

impl From<&Pattern> for Article {
    fn from(pattern: &Pattern) -> Article {
        Article {
            id: pattern.id.clone(),
            aliases: pattern.aliases.clone(),
            title: pattern.title.clone(),
            impact: pattern.impact,
            url: pattern.url.clone(),
            products: pattern.products.clone(),
            affected: pattern.affected.iter().map(affected).collect(),
            what_happens: pattern.body.what_happens.clone(),
            how_to_tell: pattern.body.how_to_tell.clone(),
            workaround: pattern.body.workaround.clone(),
            fix: pattern.body.fix.clone(),
            references: pattern.body.references.clone(),
        }
    }
}

/// `netbackup: 6.5 up to 6.5.3.1, fixed in 6.5.4 (listed: 6.5, 6.5.1)`.
fn affected(affected: &Affected) -> String {
    let mut product = affected.product.clone();
    if let Some(component) = &affected.component {
        product = format!("{product} ({component})");
    }
    let listed: Vec<&str> = affected.versions.iter().map(|version| version.text()).collect();
    let from = affected.introduced.as_ref().map_or("every version", |version| version.text());
    let mut range = match (&affected.introduced, &affected.last_affected) {
        (_, Some(last)) => format!("{from} up to {}", last.text()),
        (Some(_), None) if affected.fixed.is_none() => format!("{from} and later, no fixed version is known"),
        _ => from.to_owned(),
    };
    if let Some(fixed) = &affected.fixed {
        range = format!("{range}, before {}", fixed.text());
    }
    let platforms: Vec<&str> =
        affected.platforms.iter().map(String::as_str).filter(|platform| *platform != "*").collect();
    if !platforms.is_empty() {
        range = format!("{range}, on {}", platforms.join(", "));
    }
    if listed.is_empty() {
        format!("{product}: {range}")
    } else {
        format!("{product}: {range}; listed: {}", listed.join(", "))
    }
}

/// The article for a person.
pub fn render(article: &Article, look: Look) -> String {
    let mut page = Page::new(look.width, look.is_colored);
    page.ends(&Rich::of(BOLD, &article.id), &Rich::of(BOLD, impact_words(article.impact)));
    page.line(0, &Rich::of(PLAIN, &article.title));
    page.blank();
    let rows = [("Also", &article.aliases), ("Product", &article.products), ("Versions", &article.affected)];
    for (label, texts) in rows {
        for (index, text) in texts.iter().enumerate() {
            let label = if index == 0 { label } else { "" };
            page.hang(0, &Rich::of(DIM, label), 10, &Rich::of(PLAIN, text));
        }
    }
    if !article.url.is_empty() {
        page.hang(0, &Rich::of(DIM, "Advisory"), 10, &Rich::of(PLACE, &article.url));
    }
    let sections = [
        ("What happens", &article.what_happens),
        ("How to tell", &article.how_to_tell),
        ("Workaround", &article.workaround),
        ("Fix", &article.fix),
    ];
    for (heading, text) in sections.into_iter().filter(|(_, text)| !text.trim().is_empty()) {
        page.blank();
        page.heading(0, heading);
        prose(&mut page, 0, text);
    }
    if !article.references.is_empty() {
        page.blank();
        page.heading(0, "References");
        for reference in &article.references {
            page.hang(0, &Rich::of(PLAIN, "-"), 2, &Rich::of(PLAIN, reference));
        }
    }
    page.finish()
}

/// Meanings of a code for a person, one product after the other.
pub fn render_meanings(meanings: &[Meaning], look: Look) -> String {
    let mut page = Page::new(look.width, look.is_colored);
    for meaning in meanings {
        let code = format!("{} {}", meaning.product, meaning.code);
        page.hang(0, &Rich::of(BOLD, &code), code.len() + 2, &Rich::of(PLAIN, &meaning.meaning));
        for (label, text) in [("Usually", &meaning.cause), ("Look at", &meaning.look_at)] {
            if let Some(text) = text {
                page.hang(3, &Rich::of(DIM, label), 9, &Rich::of(PLAIN, text));
            }
        }
        for advisory in &meaning.advisories {
            page.line(
                3,
                &Rich::of(DIM, "occurs in ")
                    .push(PLACE, advisory)
                    .push(DIM, &format!(" (blogscan explain {advisory})")),
            );
        }
    }
    page.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::VersionOrdering;

    #[test]
    fn affected_versions_in_one_sentence() {
        let version = |text: &str| VersionOrdering::Netbackup.parse(text);
        let with =
            |introduced: Option<&str>, fixed: Option<&str>, last: Option<&str>, listed: &[&str]| Affected {
                product: "netbackup".into(),
                component: None,
                ordering: VersionOrdering::Netbackup,
                introduced: introduced.and_then(version),
                fixed: fixed.and_then(version),
                last_affected: last.and_then(version),
                versions: listed.iter().filter_map(|text| version(text)).collect(),
                platforms: vec!["*".into()],
                fixes: Vec::new(),
            };
        let table = [
            (
                with(Some("6.5"), Some("6.5.4"), None, &["6.5", "6.5.1"]),
                "netbackup: 6.5, before 6.5.4; listed: 6.5, 6.5.1",
            ),
            (with(None, Some("6.5.4"), None, &[]), "netbackup: every version, before 6.5.4"),
            (with(Some("7.0"), None, Some("7.1"), &[]), "netbackup: 7.0 up to 7.1"),
            (with(Some("7.0"), None, None, &[]), "netbackup: 7.0 and later, no fixed version is known"),
        ];
        for (row, expected) in table {
            assert_eq!(affected(&row), expected);
        }
    }

    #[test]
    fn an_article_as_text() {
        let article = Article {
            id: "TECH69597".into(),
            aliases: vec!["323058".into(), "Etrack 1539913".into()],
            title: "Optimized duplication deletes fragments of the source image".into(),
            impact: Impact::DataLoss,
            url: "http://www.symantec.com/docs/TECH69597".into(),
            products: vec!["netbackup".into()],
            affected: vec!["netbackup: 6.5 up to 6.5.3.1".into()],
            what_happens: "The media server loses the master\nand deletes what it was reading.".into(),
            how_to_tell: String::new(),
            workaround: "Cancel **all** jobs first.".into(),
            fix: "6.5.4".into(),
            references: vec!["TECH69597".into()],
        };
        let expected = "\
TECH69597                                          data loss
Optimized duplication deletes fragments of the source image

Also      323058
          Etrack 1539913
Product   netbackup
Versions  netbackup: 6.5 up to 6.5.3.1
Advisory  http://www.symantec.com/docs/TECH69597

What happens
The media server loses the master and deletes what it was
reading.

Workaround
Cancel all jobs first.

Fix
6.5.4

References
- TECH69597
";
        assert_eq!(render(&article, Look { width: 60, ..Look::default() }), expected);
    }

    #[test]
    fn a_code_of_two_products() {
        let meaning = |product: &str, meaning: &str, advisories: &[&str]| Meaning {
            product: product.into(),
            code: "83".into(),
            meaning: meaning.into(),
            cause: (product == "netbackup").then(|| "device or path".to_owned()),
            look_at: (product == "netbackup").then(|| "bptm debug log".to_owned()),
            advisories: advisories.iter().map(|id| (*id).to_owned()).collect(),
        };
        let meanings = [
            meaning("netbackup", "media open error", &["TECH69597"]),
            meaning("windows", "fail on INT 24", &[]),
        ];
        let expected = "netbackup 83  media open error\n   Usually  device or path\n   Look at  bptm debug log\n   occurs in TECH69597 (blogscan explain TECH69597)\nwindows 83  fail on INT 24\n";
        assert_eq!(render_meanings(&meanings, Look::default()), expected);
    }
}
