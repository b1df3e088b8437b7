//! The contract with a service beside it that keeps to it, and one that does not.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::path::Path;

use prost_reflect::{DescriptorPool, MessageDescriptor};
use protox::file::{ChainFileResolver, File, FileResolver, IncludeFileResolver};

/// Keeps to the contract, and holds all that a pass must know: a resource in a resource, a ring, a
/// map, a oneof.
pub const GOOD: &str = r#"
syntax = "proto3";
package registan.planted.v1;
import "google/api/resource.proto";
import "google/protobuf/timestamp.proto";
import "registan/options/v1/options.proto";
service GoodService {
  rpc GetThing(Ask) returns (Thing) {
    option (registan.options.v1.rule) = {action: "planted.read" anonymous: true};
  }
  rpc ListThings(Ask) returns (stream Things) {
    option (registan.options.v1.rule) = {action: "planted.read" roles: ROLE_EDITOR};
  }
}
message Ask { string what = 1; }
message Things {
  repeated Thing things = 1 [(registan.options.v1.tier) = TIER_PUBLIC];
  Inner loose = 2 [(registan.options.v1.tier) = TIER_PUBLIC];
}
message Thing {
  option (google.api.resource) = {type: "registan/Thing"};
  string name = 1 [(registan.options.v1.tier) = TIER_PUBLIC];
  string uid = 2 [(registan.options.v1.tier) = TIER_PUBLIC];
  string etag = 3 [(registan.options.v1.tier) = TIER_PUBLIC];
  google.protobuf.Timestamp create_time = 4 [(registan.options.v1.tier) = TIER_PUBLIC];
  google.protobuf.Timestamp update_time = 5 [(registan.options.v1.tier) = TIER_PUBLIC];
  google.protobuf.Timestamp delete_time = 6 [(registan.options.v1.tier) = TIER_PUBLIC];
  registan.options.v1.Tier tier = 7 [(registan.options.v1.tier) = TIER_PUBLIC];
  repeated string desks = 8 [(registan.options.v1.tier) = TIER_PUBLIC];
  int64 restricted = 10 [(registan.options.v1.tier) = TIER_RESTRICTED];
  bytes confidential = 11 [(registan.options.v1.tier) = TIER_CONFIDENTIAL];
  repeated double secret = 12 [(registan.options.v1.tier) = TIER_SECRET];
  Inner inner = 13 [(registan.options.v1.tier) = TIER_PUBLIC];
  Inner secret_inner = 14 [(registan.options.v1.tier) = TIER_SECRET];
  repeated Thing parts = 15 [(registan.options.v1.tier) = TIER_PUBLIC];
  map<string, Inner> by_word = 16 [(registan.options.v1.tier) = TIER_PUBLIC];
  map<int32, string> notes = 17 [(registan.options.v1.tier) = TIER_RESTRICTED];
  oneof which {
    fixed32 number = 18 [(registan.options.v1.tier) = TIER_CONFIDENTIAL];
    Inner other = 19 [(registan.options.v1.tier) = TIER_PUBLIC];
  }
  google.protobuf.Timestamp seen = 200 [(registan.options.v1.tier) = TIER_CONFIDENTIAL];
}
message Inner {
  string open = 1 [(registan.options.v1.tier) = TIER_PUBLIC];
  string restricted = 2 [(registan.options.v1.tier) = TIER_RESTRICTED];
  string confidential = 3 [(registan.options.v1.tier) = TIER_CONFIDENTIAL];
  string secret = 4 [(registan.options.v1.tier) = TIER_SECRET];
  Inner deeper = 5 [(registan.options.v1.tier) = TIER_PUBLIC];
}
"#;

/// Breaks it in every way that the check must find.
pub const BAD: &str = r#"
syntax = "proto3";
package registan.planted.v1;
import "google/api/resource.proto";
import "google/protobuf/any.proto";
import "registan/options/v1/options.proto";
service BadService {
  rpc Unruled(BadAsk) returns (BadAsk);
  rpc Nameless(BadAsk) returns (BadAsk) {
    option (registan.options.v1.rule) = {anonymous: true};
  }
  rpc Nobodys(BadAsk) returns (BadAsk) {
    option (registan.options.v1.rule) = {action: "planted.read"};
  }
  rpc GetLeak(BadAsk) returns (Leak) {
    option (registan.options.v1.rule) = {action: "planted.read" anonymous: true};
  }
}
message BadAsk {}
message Leak {
  string told = 1 [(registan.options.v1.tier) = TIER_PUBLIC];
  string untold = 2;
  string unsaid = 3 [(registan.options.v1.tier) = TIER_UNSPECIFIED];
  Below below = 4 [(registan.options.v1.tier) = TIER_PUBLIC];
  google.protobuf.Any any = 5 [(registan.options.v1.tier) = TIER_PUBLIC];
  Crooked crooked = 6 [(registan.options.v1.tier) = TIER_PUBLIC];
}
message Below {
  map<string, Deep> deep = 1 [(registan.options.v1.tier) = TIER_PUBLIC];
}
message Deep { string buried = 1; }
message Crooked {
  option (google.api.resource) = {type: "registan/Crooked"};
  string name = 1 [(registan.options.v1.tier) = TIER_RESTRICTED];
  string uid = 2 [(registan.options.v1.tier) = TIER_PUBLIC];
}
"#;

/// A file of the memory.
struct Planted(&'static str);

impl FileResolver for Planted {
    fn open_file(&self, name: &str) -> Result<File, protox::Error> {
        if name != "planted.proto" {
            return Err(protox::Error::file_not_found(name));
        }
        File::from_source(name, self.0)
    }
}

/// The contract with this file beside it.
pub fn pool(source: &'static str) -> DescriptorPool {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../proto");
    let mut resolver = ChainFileResolver::new();
    resolver.add(Planted(source));
    resolver.add(IncludeFileResolver::new(root));
    resolver.add(protox::file::GoogleFileResolver::new());
    let mut compiler = protox::Compiler::with_file_resolver(resolver);
    compiler.include_imports(true).open_file("planted.proto").unwrap();
    // Encoded by protox itself, for the options.
    DescriptorPool::decode(compiler.encode_file_descriptor_set().as_slice()).unwrap()
}

/// A message of a pool.
pub fn message(pool: &DescriptorPool, name: &str) -> MessageDescriptor {
    pool.get_message_by_name(name).unwrap()
}
