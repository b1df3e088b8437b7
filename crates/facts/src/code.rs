//! Codes that others keep: how they are written, and what is none.

/// `kg` → `KG`: a country by ISO 3166-1.
pub fn country(given: &str) -> Result<String, &'static str> {
    let code = given.trim().to_uppercase();
    if letters(&code, 2) { Ok(code) } else { Err("a country is two letters of ISO 3166-1: KG") }
}

/// `kg`, `parties/kg` → `KG`; `619`: a country by ISO 3166-1, or a region by its number.
pub fn area(given: &str) -> Result<String, &'static str> {
    let code = given.trim().trim_start_matches("parties/").to_uppercase();
    if letters(&code, 2) || digits(&code) {
        return Ok(code);
    }
    Err("a recipient is the two letters of a country, KG, or the number of a region, 619")
}

/// `eur` → `EUR`: a currency by ISO 4217.
pub fn currency(given: &str) -> Result<String, &'static str> {
    let code = given.trim().to_uppercase();
    if letters(&code, 3) { Ok(code) } else { Err("a currency is three letters of ISO 4217: EUR") }
}

/// A sector by its code: `15160`.
pub fn sector(given: &str) -> Result<String, &'static str> {
    let code = given.trim().to_uppercase();
    let is_code = code.contains(|one: char| one.is_ascii_digit());
    if is_code { Ok(code) } else { Err("a sector is a code with digits: 15160") }
}

/// An identifier of IATI, which are written in capitals: `XI-IATI-EC_INTPA`.
pub fn iati(given: &str) -> Result<String, &'static str> {
    Ok(given.trim().to_uppercase())
}

fn letters(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| byte.is_ascii_uppercase())
}

fn digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_known_in_any_case_and_words_are_none() {
        assert_eq!(country("kg").as_deref(), Ok("KG"));
        assert_eq!(area("parties/kg").as_deref(), Ok("KG"));
        assert_eq!(area("619").as_deref(), Ok("619"));
        assert_eq!(currency("eur").as_deref(), Ok("EUR"));
        assert_eq!(sector("15160").as_deref(), Ok("15160"));
        for refused in [country("KAZ"), area("kyrgyzstan"), currency("euro"), sector("health")] {
            assert!(refused.is_err(), "{refused:?}");
        }
    }
}
