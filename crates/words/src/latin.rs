//! Letters in one form: lower case, without diacritics, and those of Cyrillic in Latin letters, as
//! the English names of the five states have them.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// True for a letter of Cyrillic.
pub fn is_cyrillic(letter: char) -> bool {
    matches!(letter, '\u{400}'..='\u{52f}')
}

/// True for a text in the letters of Russian, to which its stemmer can be applied.
pub fn is_russian(text: &str) -> bool {
    text.chars().all(|letter| matches!(letter, 'а'..='я'))
}

/// Returns a run of letters or digits in lower case and without diacritics. Letters of Cyrillic
/// stay, `ё` is `е`. Folding again changes nothing.
pub fn fold(run: &str) -> String {
    if run.is_ascii() {
        return run.to_ascii_lowercase();
    }
    let mut folded = String::with_capacity(run.len());
    for letter in run.nfkc().flat_map(char::to_lowercase).nfc() {
        match letter {
            'ё' => folded.push('е'),
            letter if is_cyrillic(letter) => folded.push(letter),
            letter => plain(letter, &mut folded),
        }
    }
    folded
}

/// Adds a letter that is not Cyrillic, without its diacritics.
fn plain(letter: char, folded: &mut String) {
    for part in std::iter::once(letter).nfkd().flat_map(char::to_lowercase) {
        match part {
            'ß' => folded.push_str("ss"),
            'æ' => folded.push_str("ae"),
            'œ' => folded.push_str("oe"),
            'þ' => folded.push_str("th"),
            'ø' => folded.push('o'),
            'ł' => folded.push('l'),
            'đ' | 'ð' => folded.push('d'),
            'ı' => folded.push('i'),
            'ə' => folded.push('a'),
            'ŋ' => folded.push('n'),
            part if part.is_alphanumeric() && !is_combining_mark(part) => folded.push(part),
            _ => {}
        }
    }
}

/// Returns a folded run in Latin letters; what is none of Cyrillic stays.
pub fn latin(folded: &str) -> String {
    let mut latin = String::with_capacity(folded.len());
    for letter in folded.chars() {
        match spelled(letter) {
            Some(spelled) => latin.push_str(spelled),
            None if is_cyrillic(letter) => {}
            None => latin.push(letter),
        }
    }
    latin
}

/// The letters of Russian, then those that Kazakh, Kyrgyz, Tajik and Uzbek have besides, then those
/// of other languages.
const fn spelled(letter: char) -> Option<&'static str> {
    Some(match letter {
        'а' | 'ә' | 'ӓ' => "a",
        'б' => "b",
        'в' => "v",
        'г' | 'ғ' | 'ґ' => "g",
        'д' => "d",
        'е' | 'э' | 'ё' | 'є' => "e",
        'ж' | 'җ' => "zh",
        'з' => "z",
        'и' | 'й' | 'і' | 'ӣ' | 'ї' => "i",
        'к' => "k",
        'қ' => "q",
        'л' | 'љ' => "l",
        'м' => "m",
        'н' | 'ң' | 'њ' => "n",
        'о' | 'ө' | 'ў' => "o",
        'п' => "p",
        'р' => "r",
        'с' => "s",
        'т' => "t",
        'у' | 'ұ' | 'ү' | 'ӯ' => "u",
        'ф' => "f",
        'х' => "kh",
        'һ' | 'ҳ' => "h",
        'ц' => "ts",
        'ч' => "ch",
        'ҷ' | 'ј' | 'џ' => "j",
        'ш' => "sh",
        'щ' => "shch",
        'ъ' | 'ь' => "",
        'ы' => "y",
        'ю' => "yu",
        'я' => "ya",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_their_own_letters_meet_their_latin_ones() {
        for (own, read) in [
            ("Кыргызстан", "kyrgyzstan"),
            ("Қазақстан", "qazaqstan"),
            ("Тоҷикистон", "tojikiston"),
            ("Ўзбекистон", "ozbekiston"),
            ("Туркменистан", "turkmenistan"),
            ("Өзбекстан", "ozbekstan"),
            ("Қозоғистон", "qozogiston"),
            ("Үндістан", "undistan"),
            ("Ҳинд", "hind"),
            ("Ӣӯ", "iu"),
            ("Әңһұ", "anhu"),
            ("Ёлка", "elka"),
        ] {
            assert_eq!(latin(&fold(own)), read);
        }
    }

    #[test]
    fn case_and_diacritics_are_folded() {
        for (text, folded) in [
            ("Türkmenistan", "turkmenistan"),
            ("ÖZBEKISTAN", "ozbekistan"),
            ("Straße", "strasse"),
            ("İstanbul", "istanbul"),
            ("Ә", "ә"),
            ("и\u{306}", "й"),
            ("Ñ", "n"),
            ("²", "2"),
        ] {
            assert_eq!(fold(text), folded);
            assert_eq!(fold(folded), folded);
        }
    }
}
