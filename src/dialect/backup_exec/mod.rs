//! Dialects of Backup Exec: logs of jobs, as XML or text, and its own traces.
//!
//! They answer, for one virtual machine: when was it backed up, fully or by changed blocks, and did it succeed.

mod error_code;
mod job;
mod job_time;
mod resource;
mod run;
mod version;
mod words;

#[cfg(test)]
use super::collect;

pub mod adamm;
pub mod debug;
pub mod job_text;
pub mod job_xml;

use super::{Place, Reader, file_name};

/// Every dialect of this family, in the order in which they are asked.
pub const READERS: &[&dyn Reader] = &[&job_xml::JobXml, &job_text::JobText, &adamm::Adamm, &debug::Debug];

/// The place of a job's log. A media server writes one file per run into one folder (`BEX_SRV1_00123.xml`,
/// `bex00123.txt` before 9.0): together they are its list of jobs. A file of another name stands for itself.
fn job_logs(path: &str) -> Place {
    let name = file_name(path);
    let folder = path.get(..path.len() - name.len()).unwrap_or("");
    let lower = super::without_rotation(name).to_ascii_lowercase();
    let stem = lower.strip_suffix(".xml").or_else(|| lower.strip_suffix(".txt")).unwrap_or("");
    let is_number = |number: &str| number.len() >= 3 && number.bytes().all(|byte| byte.is_ascii_digit());
    let server = match stem.strip_prefix("bex_").and_then(|rest| rest.rsplit_once('_')) {
        Some((server, number)) => Some(server).filter(|_| is_number(number)),
        None => stem.strip_prefix("bex").filter(|number| is_number(number)).map(|_| ""),
    };
    Place { stream: server.map(|server| format!("{folder}|bex|{server}")), ..Place::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_job_logs_of_one_server_are_one_list() {
        let stream = |path| job_logs(path).stream;
        assert_eq!(stream("Data/BEX_SRV1_00123.xml"), stream("Data/BEX_srv1_00124.xml.gz"));
        assert_eq!(stream("Data\\bex00123.txt"), stream("Data\\bex00124.txt"));
        assert_ne!(stream("Data/BEX_SRV1_00123.xml"), stream("Data/BEX_SRV2_00123.xml"));
        assert_ne!(stream("a/BEX_SRV1_00123.xml"), stream("b/BEX_SRV1_00123.xml"));
        for path in ["jobs.txt", "Data/BEX_SRV1.xml", "bex.txt", "bexley.txt", ""] {
            assert_eq!(stream(path), None, "{path}");
        }
    }
}
