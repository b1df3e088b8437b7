//! Whatever a text is, what is made of it is sound.

use proptest::prelude::*;
use words::{Key, MAX_WEIGHT, Query, Said, Weight, snippet, terms, tokens};

/// Texts of all scripts, and of those that are read here, with signs between.
fn text() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        "\\PC{0,12}",
        "[a-zA-Zа-яА-ЯёәғқңөұүһіҳҷӣӯўÄöß0-9]{1,12}",
        "[\u{0}-\u{20}\"'«».,()/-]{0,3}",
        Just("22009A1229(01)".to_owned()),
        Just("22009A122901".to_owned()),
        Just("P9_TA20240027".to_owned()),
        Just("\u{301}\u{2bb}".to_owned()),
    ];
    prop::collection::vec(word, 0..12).prop_map(|words| words.join(" "))
}

proptest! {
    #[test]
    fn tokens_stand_in_the_text_and_folding_again_changes_nothing(text in text()) {
        let mut end = 0;
        for token in tokens(&text) {
            prop_assert!(token.place.start >= end && text.is_char_boundary(token.place.start));
            prop_assert!(text.get(token.place.clone()).is_some());
            end = token.place.end;
            let again: Vec<_> = tokens(&token.folded).map(|token| token.folded).collect();
            prop_assert_eq!(again.concat(), token.folded);
        }
    }

    #[test]
    fn forms_are_of_letters_and_digits_without_cyrillic(text in text()) {
        for key in tokens(&text).filter_map(|token| Key::of(&token)) {
            for form in [&key.stem, &key.whole] {
                let is_latin = form.chars().all(|one| !('\u{400}'..='\u{52f}').contains(&one));
                prop_assert!(is_latin, "{}", form);
                let is_one = !form.contains([' ', '\0']);
                prop_assert!(is_one);
            }
        }
    }

    #[test]
    fn a_text_is_found_by_all_of_its_words_and_its_snippet_is_its_own(text in text()) {
        let kept = terms(&[Said::new(Weight::Name, text.as_str())]);
        prop_assert!(kept.iter().all(|term| (1..=MAX_WEIGHT).contains(&term.weight)));
        prop_assert!(kept.windows(2).all(|two| two[0].form < two[1].form));
        let Ok(query) = Query::read(&text) else { return Ok(()) };
        for word in &query.words {
            let is_kept = kept.iter().any(|term| word.stems.contains(&term.form));
            prop_assert!(is_kept, "{:?}", word);
        }
        let snippet = snippet(&query, [text.as_str()].into_iter());
        prop_assert!(snippet.iter().any(|piece| piece.is_match));
        let shown: String = snippet.into_iter().map(|piece| piece.text).collect();
        let shown = shown.trim_start_matches('…').trim_end_matches('…');
        prop_assert!(text.contains(shown));
    }
}
