//! Where a provision lies in its agreement, and what covers it there.

use api::registan::agreements::v1 as wire;
use chronicle::fold;

use crate::domain::citation::{self, Cited, Covers};
use crate::domain::milestone::Milestone;
use crate::domain::provision::cited;

/// A citation of what something covers, as it is written and as it is read.
pub struct Scope {
    folded: String,
    parts: Vec<Cited>,
}

impl Scope {
    /// Reads a text.
    pub fn of(text: &str) -> Self {
        Self { folded: fold(text), parts: citation::read(text).unwrap_or_default() }
    }
}

/// Where a provision lies in its agreement.
pub struct Place {
    /// As it is cited.
    pub cited: String,
    /// Its own citation, its article and its division, folded.
    texts: [String; 3],
    /// The articles or paragraphs that it is; none where its citation is not read.
    pub units: Vec<Cited>,
    /// The divisions that it lies within, each with whether another is named around it.
    divisions: Vec<(Cited, bool)>,
    /// True where it lies in an annex, a protocol and the like, with articles of its own.
    is_attached: bool,
}

impl Place {
    /// Returns the place of a provision.
    pub fn of(provision: &wire::Provision) -> Self {
        let cited = cited(provision);
        let texts = [&cited, &provision.article, &provision.division].map(|text| fold(text));
        let units = citation::read(&cited).unwrap_or_default();
        let divisions = provision.division.split([',', '/', ';']).enumerate();
        let divisions = divisions.flat_map(|(place, text)| {
            let read = citation::read(text).unwrap_or_default();
            read.into_iter().map(move |one| (one, place > 0))
        });
        let (divisions, is_attached) = (divisions.collect(), citation::names_attached(&texts[2]));
        Self { cited, texts, units, divisions, is_attached }
    }

    /// Returns whether a suspension or a lifting of a part covers a unit of it. Of one that covers
    /// only a paragraph of it, and of one that says in words what it covers, it is not known.
    pub fn covered_by(&self, unit: Option<&Cited>, one: &Milestone) -> Covers {
        match &one.part {
            Some(part) => self.within(unit, part),
            None if one.articles.is_empty() => Covers::Perhaps,
            None => self.covered_by_text(&fold(&one.scope)),
        }
    }

    /// Returns whether what is applied covers a unit of it.
    pub fn covered_by_scope(&self, unit: Option<&Cited>, scope: &Scope) -> Covers {
        let all = scope.parts.iter().map(|part| self.within(unit, part));
        all.max().unwrap_or_else(|| self.covered_by_text(&scope.folded))
    }

    /// Returns whether what is not read as a citation is written as it is cited.
    fn covered_by_text(&self, folded: &String) -> Covers {
        let is_certain = !self.is_attached || self.texts[2] == *folded;
        let is_named = self.texts.contains(folded);
        if is_named && is_certain { Covers::Yes } else { Covers::Perhaps }
    }

    /// The articles of an annex are not those of the main text, and each title may count its
    /// chapters anew: there one number need not be one part.
    fn within(&self, unit: Option<&Cited>, part: &Cited) -> Covers {
        let certain = |is_certain| if is_certain { Covers::Yes } else { Covers::Perhaps };
        let of_division = self.divisions.iter().filter(|(one, _)| one.is_like(part));
        let of_division =
            of_division.map(|(one, is_inner)| part.covers(one).min(certain(!is_inner)));
        // Of another annex than the one that its division names in words nothing is known.
        let is_apart = self.is_attached && part.is_attached();
        let of_unit = || match unit {
            Some(unit) if !is_apart || unit.is_attached() => part.covers(unit),
            _ => Covers::Perhaps,
        };
        let covers = of_division.max().unwrap_or_else(of_unit);
        covers.min(certain(!self.is_attached || part.is_attached()))
    }
}
