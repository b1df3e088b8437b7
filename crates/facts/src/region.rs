//! The regions of the IATI codelist Region, as far as Central Asia lies in them.

use crate::code::is_region_elsewhere;

/// The states of Central Asia, ISO 3166-1 alpha-2.
pub const CENTRAL_ASIA: [&str; 5] = ["KZ", "KG", "TJ", "TM", "UZ"];
/// Central Asia, in the IATI codelist Region.
pub const CENTRAL_ASIA_CODE: &str = "619";
/// The regions around it: South & Central Asia, Asia, and developing countries without more.
const AROUND: [&str; 3] = ["689", "798", "998"];
/// The regions of these that contain it for certain: 998 stands for developing countries without
/// more detail.
const CONTAINING: [&str; 2] = ["689", "798"];

/// The states of a region, of those whose members are known here.
pub fn members(region: &str) -> Option<[&'static str; 5]> {
    (region == CENTRAL_ASIA_CODE).then_some(CENTRAL_ASIA)
}

/// The region of which a country is a member, of those whose members are known here.
pub fn of_country(country: &str) -> Option<&'static str> {
    CENTRAL_ASIA.contains(&country).then_some(CENTRAL_ASIA_CODE)
}

/// Returns true where a region contains a country or another region, as far as that is known here.
pub fn contains(region: &str, code: &str) -> bool {
    let is_of_central_asia = CENTRAL_ASIA.contains(&code);
    match region {
        CENTRAL_ASIA_CODE => is_of_central_asia,
        _ if CONTAINING.contains(&region) => is_of_central_asia || code == CENTRAL_ASIA_CODE,
        _ => false,
    }
}

/// Returns true where a region contains a country or another region; of what lies outside Central
/// Asia also where it is not known here, for what is not known is not excluded; nor is anything of a
/// region of another vocabulary.
pub fn may_contain(region: &str, code: &str) -> bool {
    let is_region = region.bytes().all(|byte| byte.is_ascii_digit());
    if region == code {
        return false;
    }
    if !is_region {
        return is_region_elsewhere(region);
    }
    if code == CENTRAL_ASIA_CODE {
        return AROUND.contains(&region);
    }
    if CENTRAL_ASIA.contains(&code) {
        return region == CENTRAL_ASIA_CODE || AROUND.contains(&region);
    }
    region != CENTRAL_ASIA_CODE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_contains_its_states_and_lies_in_those_around_it() {
        for (region, code, is_in) in [
            ("619", "TM", true),
            ("798", "TM", true),
            ("998", "619", true),
            ("619", "619", false),
            ("298", "TM", false),
            ("KZ", "TM", false),
            ("619", "AF", false),
            ("679", "AF", true),
            ("2:143", "TM", true),
            ("2:143", "619", true),
            ("2:143", "2:143", false),
        ] {
            assert_eq!(may_contain(region, code), is_in, "{code} in {region}");
            assert!(is_in || !contains(region, code), "{code} in {region}");
        }
        assert!(contains("619", "TM") && contains("798", "619") && !contains("998", "TM"));
        assert_eq!((members("298"), of_country("AF")), (None, None));
    }
}
