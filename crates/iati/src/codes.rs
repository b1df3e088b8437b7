//! The short code lists of the standard that change rarely. Long ones (countries, sectors,
//! currencies) are checked by shape only: the services that store them have the lists.

/// A code list of the standard.
#[derive(Debug)]
pub(crate) struct CodeList {
    pub name: &'static str,
    codes: &'static [&'static str],
}

impl CodeList {
    pub(crate) fn has(&self, code: &str) -> bool {
        self.codes.contains(&code)
    }
}

/// Declares the lists and a table of them all for the test against the published files.
macro_rules! lists {
    ($($constant:ident $name:literal: $($code:literal)+;)+) => {
        $(pub(crate) const $constant: CodeList =
            CodeList { name: $name, codes: &[$($code),+] };)+
        #[cfg(test)]
        const ALL: &[CodeList] = &[$($constant),+];
    };
}

lists! {
    ACTIVITY_DATE_TYPE "ActivityDateType": "1" "2" "3" "4";
    ACTIVITY_STATUS "ActivityStatus": "1" "2" "3" "4" "5" "6";
    AID_TYPE "AidType": "A01" "A02" "B01" "B02" "B021" "B022" "B03" "B031" "B032" "B033" "B04"
        "C01" "D01" "D02" "E01" "E02" "F01" "G01" "H01" "H02" "H03" "H04" "H05" "H06";
    BUDGET_STATUS "BudgetStatus": "1" "2";
    BUDGET_TYPE "BudgetType": "1" "2";
    FINANCE_TYPE "FinanceType": "1" "110" "1100" "111" "2" "210" "211" "3" "310" "311" "4" "410"
        "411" "412" "413" "414" "421" "422" "423" "424" "425" "431" "432" "433" "451" "452" "453"
        "510" "511" "512" "520" "530" "610" "611" "612" "613" "614" "615" "616" "617" "618" "620"
        "621" "622" "623" "624" "625" "626" "627" "630" "631" "632" "633" "634" "635" "636" "637"
        "638" "639" "710" "711" "712" "810" "811" "910" "911" "912" "913";
    FLOW_TYPE "FlowType": "10" "20" "21" "22" "30" "35" "36" "37" "40" "50";
    ORGANISATION_ROLE "OrganisationRole": "1" "2" "3" "4";
    ORGANISATION_TYPE "OrganisationType": "10" "11" "15" "21" "22" "23" "24" "30" "40" "60" "70"
        "71" "72" "73" "80" "90";
    OTHER_IDENTIFIER_TYPE "OtherIdentifierType": "A1" "A2" "A3" "A4" "A9" "B1" "B9";
    REGION_VOCABULARY "RegionVocabulary": "1" "2" "99";
    RELATED_ACTIVITY_TYPE "RelatedActivityType": "1" "2" "3" "4" "5";
    SECTOR_VOCABULARY "SectorVocabulary": "1" "2" "3" "4" "5" "6" "7" "8" "9" "10" "11" "12" "98"
        "99";
    TIED_STATUS "TiedStatus": "3" "4" "5";
    TRANSACTION_TYPE "TransactionType": "1" "2" "3" "4" "5" "6" "7" "8" "9" "10" "11" "12" "13";
}

/// True for two letters, the shape of a country code. The service that stores it makes them
/// capitals.
pub(crate) fn is_country(code: &str) -> bool {
    code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_alphabetic())
}

/// True for digits as many as the OECD DAC vocabularies have; other vocabularies are free.
pub(crate) fn is_sector(vocabulary: &str, code: &str) -> bool {
    let digits = match vocabulary {
        "1" => 5,
        "2" => 3,
        _ => return true,
    };
    code.len() == digits && code.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn the_lists_are_those_the_standard_publishes() {
        let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
        if !data.exists() {
            println!("skipped: ../shared/data is absent");
            return;
        }

        for list in ALL {
            let file = ["iati-codelists/xml", "iati-codelists-nonembedded/xml"]
                .map(|folder| data.join(folder).join(format!("{}.xml", list.name)))
                .into_iter()
                .find(|path| path.exists())
                .expect("the list is among the files");
            let text = std::fs::read_to_string(file).unwrap();
            let items = text.split("<codelist-item").skip(1);
            let mut published: Vec<&str> = items
                .filter_map(|item| item.split_once("<code>")?.1.split_once("</code>"))
                .map(|(code, _)| code.trim())
                .collect();
            let mut ours = list.codes.to_vec();
            published.sort_unstable();
            ours.sort_unstable();

            assert_eq!(ours, published, "{}", list.name);
        }
    }
}
