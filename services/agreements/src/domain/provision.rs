//! An article or paragraph of an agreement.

use std::ops::Deref;

use api::registan::agreements::v1 as wire;
use api::registan::r#type::v1::SourceRef;
use chronicle::Field;
use facts::Check;
use standard::described::AGREEMENTS_V1_PROVISIONPART_KIND as KINDS;
use standard::{Rules, Value};

use super::Agreement;
use super::codebook::CODEBOOK;

/// A provision.
pub type Provision = Value<wire::Provision, OfArticles>;

/// Articles are asked and sorted by their first number.
pub enum OfArticles {}

impl Rules<wire::Provision> for OfArticles {
    fn check(_: &mut wire::Provision, _: &mut Check) {}

    fn fields<T: Deref<Target = wire::Provision>>() -> Vec<Field<T>> {
        vec![Field::sorted_number("article_number", |it: &T| number(&it.article))]
    }
}

/// Returns the first number in an article as cited: 76 of `Articles 76-77`; 0 where there is none.
pub fn number(article: &str) -> i64 {
    let digits = article.chars().skip_while(|letter| !letter.is_ascii_digit());
    let digits: String = digits.take_while(char::is_ascii_digit).collect();
    digits.parse().unwrap_or_default()
}

/// Returns how a provision is cited: `Article 94(2)`.
pub fn cited(provision: &wire::Provision) -> String {
    match &provision.paragraph[..] {
        "" => provision.article.clone(),
        paragraph if paragraph.starts_with('(') => format!("{}{paragraph}", provision.article),
        paragraph => format!("{}({paragraph})", provision.article),
    }
}

/// Returns of a provision where it lies in its agreement.
pub fn place(provision: &wire::Provision) -> wire::Provision {
    wire::Provision {
        article: provision.article.clone(),
        paragraph: provision.paragraph.clone(),
        division: provision.division.clone(),
        ..wire::Provision::default()
    }
}

/// Returns an agreement without its parts, and these as provisions.
pub fn moved(agreement: &Agreement) -> (Agreement, Vec<Provision>) {
    let mut without = agreement.clone();
    let parts = std::mem::take(&mut without.provisions);
    let provision = |part| {
        let provision = of_part(&without.name, without.source.as_ref(), part);
        Provision::of(wire::Provision { tier: without.tier, ..provision })
    };
    let provisions = parts.into_iter().map(provision).collect();
    (without, provisions)
}

/// Returns the provision that a part of an agreement is, which was recorded before provisions were
/// resources. `source` is that of the agreement, for a part that has none.
pub fn of_part(
    agreement: &str,
    source: Option<&SourceRef>,
    part: wire::ProvisionPart,
) -> wire::Provision {
    let code = KINDS.word(part.kind).unwrap_or("OTHER").to_lowercase().replace('_', "-");
    wire::Provision {
        name: format!("{agreement}/provisions/{}", part.provision_id),
        article: part.article,
        summary: part.summary,
        codes: vec![format!("{CODEBOOK}/codes/{code}")],
        source: part.source.or_else(|| source.cloned()),
        confidence: part.confidence,
        ..wire::Provision::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_article_is_sorted_by_its_first_number_and_cited_with_its_paragraph() {
        for (article, first) in
            [("Article 279", 279), ("Articles 76-77", 76), ("Annex", 0), ("Article 94 or 95", 94)]
        {
            assert_eq!(number(article), first, "{article}");
        }
        for (paragraph, citation) in
            [("", "Article 94"), ("2", "Article 94(2)"), ("(2)(b)", "Article 94(2)(b)")]
        {
            let (article, paragraph) = ("Article 94".to_owned(), paragraph.to_owned());
            let provision = wire::Provision { article, paragraph, ..wire::Provision::default() };
            assert_eq!(cited(&provision), citation);
        }
    }
}
