//! Finds the descriptions of resources that the build of `api` writes.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let written = std::env::var("DEP_REGISTAN_CONTRACT_DESCRIBED").expect("`api` says where");
    println!("cargo:rerun-if-changed={written}");
    println!("cargo:rustc-env=DESCRIBED={written}");
}
