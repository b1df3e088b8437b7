//! Codes that others keep: how they are written, which there are, and what is none.

/// ISO 3166-1 alpha-2, and the codes that it had before, of ISO 3166-3.
const COUNTRIES: &str = "\
    AD AE AF AG AI AL AM AN AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ \
    BR BS BT BU BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CS CT CU CV CW CX CY CZ DD DE \
    DJ DK DM DO DY DZ EC EE EG EH ER ES ET FI FJ FK FM FO FQ FR FX GA GB GD GE GF GG GH GI GL GM \
    GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU HV ID IE IL IM IN IO IQ IR IS IT JE JM JO JP JT \
    KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MI MK \
    ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NH NI NL NO NP NQ NR NT NU NZ OM \
    PA PC PE PF PG PH PK PL PM PN PR PS PT PU PW PY PZ QA RE RH RO RS RU RW SA SB SC SD SE SG SH \
    SI SJ SK SL SM SN SO SR SS ST SU SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TP TR TT TV TW \
    TZ UA UG UM US UY UZ VA VC VD VE VG VI VN VU WF WK WS YD YE YT YU ZA ZM ZR ZW";
/// ISO 4217 with funds, metals and what it lists as withdrawn; and XBT, of the codelist Currency of
/// IATI.
const CURRENCIES: &str = "\
    ADP AED AFA AFN ALK ALL AMD ANG AOA AOK AON AOR ARA ARP ARS ARY ATS AUD AWG AYM AZM AZN BAD \
    BAM BBD BDT BEC BEF BEL BGJ BGK BGL BGN BHD BIF BMD BND BOB BOP BOV BRB BRC BRE BRL BRN BRR \
    BSD BTN BUK BWP BYB BYN BYR BZD CAD CDF CHC CHE CHF CHW CLF CLP CNY COP COU CRC CSD CSJ CSK \
    CUC CUP CVE CYP CZK DDM DEM DJF DKK DOP DZD ECS ECV EEK EGP ERN ESA ESB ESP ETB EUR FIM FJD \
    FKP FRF GBP GEK GEL GHC GHP GHS GIP GMD GNE GNF GNS GQE GRD GTQ GWE GWP GYD HKD HNL HRD HRK \
    HTG HUF IDR IEP ILP ILR ILS INR IQD IRR ISJ ISK ITL JMD JOD JPY KES KGS KHR KMF KPW KRW KWD \
    KYD KZT LAJ LAK LBP LKR LRD LSL LSM LTL LTT LUC LUF LUL LVL LVR LYD MAD MDL MGA MGF MKD MLF \
    MMK MNT MOP MRO MRU MTL MTP MUR MVQ MVR MWK MXN MXP MXV MYR MZE MZM MZN NAD NGN NIC NIO NLG \
    NOK NPR NZD OMR PAB PEH PEI PEN PES PGK PHP PKR PLN PLZ PTE PYG QAR RHD ROK ROL RON RSD RUB \
    RUR RWF SAR SBD SCR SDD SDG SDP SEK SGD SHP SIT SKK SLE SLL SOS SRD SRG SSP STD STN SUR SVC \
    SYP SZL THB TJR TJS TMM TMT TND TOP TPE TRL TRY TTD TWD TZS UAH UAK UGS UGW UGX USD USN USS \
    UYI UYN UYP UYU UYW UZS VEB VED VEF VES VNC VND VUV WST XAD XAF XAG XAU XBA XBB XBC XBD XBT \
    XCD XCG XDR XEU XFO XFU XOF XPD XPF XPT XRE XSU XTS XUA XXX YDD YER YUD YUM YUN ZAL ZAR ZMK \
    ZMW ZRN ZRZ ZWC ZWD ZWG ZWL ZWN ZWR";
/// The codelist Region of IATI.
const REGIONS: &str = "\
    88 89 189 289 298 380 389 489 498 589 619 679 689 789 798 889 998 1027 1028 1029 1030 1031 \
    1032 1033 1034 1035";

/// Returns whether this is a country of ISO 3166-1, of today or of before. Codes that it leaves to
/// users are countries: XK is Kosovo.
pub fn is_country(code: &str) -> bool {
    let is_assigned_by_users =
        matches!(code.as_bytes(), b"AA" | b"ZZ" | [b'Q', b'M'..=b'Z'] | [b'X', b'A'..=b'Z']);
    is_assigned_by_users || is_listed(COUNTRIES, code)
}

/// Returns whether this is a currency of ISO 4217, of today or of before.
pub fn is_currency(code: &str) -> bool {
    is_listed(CURRENCIES, code)
}

/// Returns whether this is a region of the codelist of IATI.
pub fn is_region(code: &str) -> bool {
    is_listed(REGIONS, code)
}

/// Returns whether this is a region of another vocabulary of IATI, which is named before a colon:
/// `2:145`. Which countries it has is not known here.
pub fn is_region_elsewhere(code: &str) -> bool {
    let parts = code.split_once(':');
    parts.is_some_and(|(list, code)| !matches!(list, "" | "1") && !code.trim().is_empty())
}

fn is_listed(list: &str, code: &str) -> bool {
    list.split(' ').any(|one| one == code)
}

/// `kg` → `KG`: a country by ISO 3166-1.
pub fn country(given: &str) -> Result<String, &'static str> {
    let code = given.trim().to_uppercase();
    if letters(&code, 2) { Ok(code) } else { Err("a country is two letters of ISO 3166-1: KG") }
}

/// `kg`, `parties/kg` → `KG`; `619`; `2:145`: a country by ISO 3166-1, or a region by its number, or
/// by the number of its vocabulary and its code there.
pub fn area(given: &str) -> Result<String, &'static str> {
    let code = given.trim().trim_start_matches("parties/").to_uppercase();
    if letters(&code, 2) || digits(&code) || is_region_elsewhere(&code) {
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
    use std::path::Path;

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
    #[test]
    fn a_code_that_no_list_has_is_none() {
        for country in ["KG", "GB", "XK", "XA", "AN", "SU"] {
            assert!(is_country(country), "{country}");
        }
        for none in ["UK", "JJ", "kg", "", "K", "KG KH", "XXX"] {
            assert!(!is_country(none), "{none}");
        }
        assert!(["EUR", "KGS", "UZS", "TMM", "CHE", "XAU", "DEM"].into_iter().all(is_currency));
        assert!(!["ZZZ", "eur", "", "EURO"].into_iter().any(is_currency));
        assert!(["619", "998", "1027"].into_iter().all(is_region));
        assert!(!["999", "", "61", "2:145"].into_iter().any(is_region));
        assert!(["2:145", "99:osh"].into_iter().all(is_region_elsewhere));
        assert!(!["1:619", ":619", "2:", "2: ", "619", ""].into_iter().any(is_region_elsewhere));
    }

    /// Every code that the standard publishes is one here; what is read is beside the repository.
    #[test]
    fn the_lists_have_what_iati_publishes() {
        type IsCode = fn(&str) -> bool;
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../../shared/data/iati-codelists-nonembedded/xml");
        if !folder.exists() {
            println!("skipped: ../shared/data is absent");
            return;
        }
        let lists: [(&str, IsCode); 3] =
            [("Country", is_country), ("Currency", is_currency), ("Region", is_region)];
        for (name, is_code) in lists {
            let text = std::fs::read_to_string(folder.join(format!("{name}.xml"))).unwrap();
            let items = text.split("<codelist-item").skip(1);
            let mut published = items
                .filter_map(|item| item.split_once("<code>")?.1.split_once("</code>"))
                .map(|(code, _)| code.trim())
                .peekable();

            assert!(published.peek().is_some(), "{name} has codes");
            assert_eq!(published.find(|code| !is_code(code)), None, "{name}");
        }
    }
}
