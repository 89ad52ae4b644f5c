//! Build script: checks the patterns that are built in once, when the program is built, and leaves them as the model
//! that the program works with. Reading the pattern files themselves at each start took longer than reading a small log.
//!
//! It is a program of its own made of the modules that it needs; what they hold beyond that is not used here.

#![allow(dead_code, unreachable_pub, unused_imports, reason = "the modules are written for the program")]

#[path = "../base/mod.rs"]
mod base;
#[path = "mod.rs"]
mod pattern;

use std::env;
use std::error::Error;
use std::fs;
use std::path::Path;

fn main() -> Result<(), Box<dyn Error>> {
    for place in ["patterns", "src/pattern", "src/base"] {
        println!("cargo::rerun-if-changed={place}");
    }
    let (catalogue, faults) = pattern::Catalogue::load(&[]);
    if let Some(fault) = faults.first() {
        return Err(pattern::render_faults(std::slice::from_ref(fault), false).into());
    }
    let folder = env::var_os("OUT_DIR").ok_or("cargo names no folder to write to")?;
    fs::write(Path::new(&folder).join("patterns.json"), pattern::pack(&catalogue)?)?;
    Ok(())
}
