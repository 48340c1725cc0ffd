//! Builds again when a shipped protocol or scenario was added or removed, which `include_dir` alone does not notice.

fn main() {
    println!("cargo::rerun-if-changed=../scenarios");
    println!("cargo::rerun-if-changed=../model/protocols");
}
