//! The options of each reason of an error, as the contract has them.

use std::collections::HashMap;
use std::sync::LazyLock;

use prost_reflect::{DescriptorPool, EnumValueDescriptor, Value};
use tonic::Code;

use crate::registan::r#type::v1::ErrorReason;

#[derive(Default)]
struct Options {
    code: Option<Code>,
    metadata: Vec<String>,
}

static OPTIONS: LazyLock<HashMap<i32, Options>> = LazyLock::new(|| all(crate::descriptors()));

impl ErrorReason {
    /// The canonical code that it is answered with; none of [`Self::Unspecified`], which goes with
    /// any.
    pub fn code(self) -> Option<Code> {
        OPTIONS.get(&(self as i32)).and_then(|it| it.code)
    }

    /// The keys that the metadata of its `ErrorInfo` can have.
    pub fn metadata(self) -> &'static [String] {
        OPTIONS.get(&(self as i32)).map_or(&[], |it| &it.metadata)
    }
}

fn all(pool: &DescriptorPool) -> HashMap<i32, Options> {
    let reasons = pool.get_enum_by_name("registan.type.v1.ErrorReason");
    let values = reasons.iter().flat_map(|reasons| reasons.values());
    values.map(|value| (value.number(), options(pool, &value))).collect()
}

fn options(pool: &DescriptorPool, value: &EnumValueDescriptor) -> Options {
    let given = value.options();
    let option = |name: &str| {
        let extension = pool.get_extension_by_name(&format!("registan.options.v1.{name}"))?;
        given.has_extension(&extension).then(|| given.get_extension(&extension).into_owned())
    };
    let code = option("status_code").and_then(|code| code.as_enum_number()).map(Code::from_i32);
    let keys = option("error_metadata");
    let keys = keys.as_ref().and_then(Value::as_list).into_iter().flatten();
    Options { code, metadata: keys.filter_map(Value::as_str).map(ToOwned::to_owned).collect() }
}
