//! What is embedded in the program is what stands in `patterns`, and has no fault.

use blogscan::pattern::{Catalogue, CheckOptions, check, render_faults};

#[test]
fn the_embedded_patterns_have_no_fault() {
    let faults = check(&[], CheckOptions::default());
    assert!(faults.is_empty(), "{}", render_faults(&faults, false));
    let (catalogue, faults) = Catalogue::load(&[]);
    assert!(faults.is_empty());
    assert!(catalogue.pattern("tech69597").is_some());
}
