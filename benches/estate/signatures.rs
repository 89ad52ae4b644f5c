//! Made-up signatures, as a folder of own patterns for blogscan and as regexes for other programs.

use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use super::random::Random;

/// So many events stand in one pattern file.
const IN_ONE: usize = 100;

const FUNCTIONS: &[&str] = &[
    "write_data",
    "mpx_read_data",
    "bpbrm main",
    "db_error",
    "io_open",
    "verify_image",
    "stspi_read",
    "vault_eject",
];
const FAULTS: &[&str] =
    &["cannot open", "failed to close", "lost contact with", "no answer from", "refused by"];
const OBJECTS: &[&str] = &["media id", "storage unit", "fragment", "catalog entry", "robot", "volume pool"];

/// Writes the patterns into a folder and the regexes to standard output.
pub(crate) fn write(count: usize, folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder.join("netbackup"))?;
    let mut random = Random::new(7);
    let regexes: Vec<String> = (0..count)
        .map(|number| {
            let (function, fault, object) = (random.of(FUNCTIONS), random.of(FAULTS), random.of(OBJECTS));
            format!(r"{function}: {fault} {object} \S+, step {number:04}, status (\d+)")
        })
        .collect();
    let mut out = io::stdout().lock();
    for (file, regexes) in regexes.chunks(IN_ONE).enumerate() {
        let id = format!("BENCH-{file:04}");
        let mut text = format!(
            "```toml\nschema = \"blogscan-pattern/1\"\nid = \"{id}\"\ntitle = \"Made-up failures {file}\"\n\
             impact = \"backup-failure\"\nurl = \"https://example.invalid/{id}\"\nproducts = [\"netbackup\"]\n\
             about = [\"host\"]\nno-cleared = \"made up\"\n\n"
        );
        let mut names = Vec::new();
        for (number, regex) in regexes.iter().enumerate() {
            writeln!(out, "{regex}")?;
            let sample = regex.replace(r"\S+", "X1").replace(r"(\d+)", "83");
            let _ = write!(
                text,
                "[event.e{number}]\ntitle = \"made up\"\ndialect = \"netbackup.legacy\"\nmatch = '''{regex}'''\n\
                 sample = \"03:50:23.594 [3288] <16> {sample}\"\n\n"
            );
            names.push(format!("\"e{number}\""));
        }
        let _ = write!(
            text,
            "[[verdict]]\nlevel = \"suspected\"\nsteps = [{{ event = [{}], as = \"any\" }}]\ncollect = \"nothing\"\n```\n\n\
             # Made-up failures {file}\n\n## What happens\n\nNothing.\n\n## How to tell\n\nNot at all.\n\n## Workaround\n\n\
             None.\n\n## Fix\n\nNone.\n\n## References\n\n- https://example.invalid/{id}\n",
            names.join(", ")
        );
        fs::write(folder.join(format!("netbackup/{id}.md")), text)?;
    }
    Ok(())
}
