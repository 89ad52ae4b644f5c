//! `tsm.options`: the client's option files (`dsm.opt`, `dsm.sys`).
//!
//! One record per option (kind `option`, fields `name` in full upper case, `value`, in `dsm.sys` also `server` and
//! one session per stanza) and one per comment (kind `comment`). Keywords may be cut down to the letters that the
//! manual prints in capitals. There is no time and no word about when an option was set.
//!
//! ```text
//! NODename         DM1
//! TCPServeraddress tsmsrv1.corp.example
//! VMCHost          vcenter1.corp.example
//! TESTFLAG         VM_DONT_QUIESCE_ON_SNAPSHOT                                      (6.4.0.1 and later)
//! ```
//!
//! A file is taken for an option file when most of its lines are options and several of them are this product's
//! own words: `ServerName` and `Include` stand in the files of web servers as well. A password keeps its text but
//! becomes no field.

use std::borrow::Cow;

use super::message::find_folded;
use crate::base::{Dialect, Record, Sink, Splitter};
use crate::dialect::lines::{Grammar, Lines, next_line};
use crate::dialect::{Claim, Reader, SourceContext};

/// The reader of option files.
pub(super) struct OptionFile;

impl Reader for OptionFile {
    fn dialect(&self) -> Dialect {
        Dialect::TsmOptions
    }

    fn opens(&self, text: &str) -> bool {
        let mut seen = Seen::default();
        let mut at = 0;
        while let Some((line, next)) = next_line(text, at) {
            at = next;
            seen.line(line);
            // Most files show at once that they are something else.
            if seen.lines >= 8 && seen.known * 2 < seen.lines {
                return false;
            }
        }
        seen.is_option_file()
    }

    fn claim(&self, line: &str) -> Claim {
        match option(line) {
            Some((keyword, value)) if keyword.own && !value.is_empty() && value.len() < 200 => {
                let certain = CERTAIN.contains(&keyword.name.as_str())
                    || keyword.name == "TESTFLAG" && find_folded(value, "vm_").is_some();
                if certain { Claim::Strong } else { Claim::Weak }
            }
            _ => Claim::No,
        }
    }

    fn splitter(&self, _context: &SourceContext) -> Box<dyn Splitter> {
        Box::new(Lines::new(OptionGrammar::default()))
    }
}

/// Options whose line is this product's wherever it stands (in a pasted ticket).
const CERTAIN: [&str; 10] = [
    "TCPSERVERADDRESS",
    "COMMMETHOD",
    "PASSWORDACCESS",
    "ASNODENAME",
    "VMCHOST",
    "VMBACKUPTYPE",
    "DOMAIN.VMFULL",
    "SCHEDLOGNAME",
    "ERRORLOGNAME",
    "MANAGEDSERVICES",
];

#[derive(Default)]
struct Seen {
    lines: usize,
    known: usize,
    own: Vec<String>,
}

impl Seen {
    fn line(&mut self, line: &str) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('*') {
            return;
        }
        self.lines += 1;
        if let Some((keyword, _)) = option(line) {
            self.known += 1;
            if keyword.own && self.own.len() < 3 && !self.own.contains(&keyword.name) {
                self.own.push(keyword.name);
            }
        }
    }

    fn is_option_file(&self) -> bool {
        let mostly = self.known * 10 >= self.lines * 7;
        let only = self.known == self.lines && self.known >= 2;
        mostly && self.own.len() >= 2 || only && !self.own.is_empty()
    }
}

/// A keyword as it was read.
struct Keyword {
    /// In full and in capitals.
    name: String,
    /// A word that no other program's configuration begins a line with.
    own: bool,
}

/// Reads a line as a known option: keyword and value, separated by blanks.
fn option(line: &str) -> Option<(Keyword, &str)> {
    let line = line.trim();
    let end = line.find(char::is_whitespace).unwrap_or(line.len());
    let (word, value) = line.split_at_checked(end)?;
    let value = value.trim_start();
    let plain = word.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_'));
    if word.len() < 2 || !plain || value.starts_with(['=', ':']) {
        return None;
    }
    let upper = word.to_ascii_uppercase();
    let find = |list: &[&str]| {
        list.iter().find(|option| is_spelling(&upper, option)).map(|option| option.to_ascii_uppercase())
    };
    if let Some(name) = find(OWN) {
        let name = if name == "TESTFLAGS" { "TESTFLAG".to_owned() } else { name };
        return Some((Keyword { name, own: true }, value));
    }
    if upper.starts_with("EXCLUDE.") || upper.starts_with("INCLUDE.") || upper.starts_with("DOMAIN.") {
        return Some((Keyword { name: upper, own: true }, value));
    }
    find(SHARED).map(|name| (Keyword { name, own: false }, value))
}

/// Is `word` (in capitals) the option, or its beginning as far as its capitals at least?
fn is_spelling(word: &str, option: &str) -> bool {
    // Every line of a source may be asked: the first two letters refuse nearly all. None of them is ever left out.
    if word.as_bytes().get(..2) != option.as_bytes().get(..2).filter(|_| word.len() <= option.len()) {
        return false;
    }
    let least = option.bytes().take_while(|byte| !byte.is_ascii_lowercase()).count();
    word.len() >= least
        && word.len() <= option.len()
        && option.as_bytes().get(..word.len()).is_some_and(|part| part.eq_ignore_ascii_case(word.as_bytes()))
}

#[derive(Default)]
struct OptionGrammar {
    /// Name and number of the stanza at hand.
    stanza: Option<(String, u32)>,
    stanzas: u32,
    node_seen: bool,
}

impl Grammar for OptionGrammar {
    fn dialect(&self) -> Dialect {
        Dialect::TsmOptions
    }

    fn head<'a>(&mut self, line: &'a str, _number: u64, _sink: &mut dyn Sink) -> Option<Record<'a>> {
        let text = line.trim();
        if text.is_empty() {
            return None;
        }
        let mut record = Record::new(Dialect::TsmOptions, text);
        record.kind = if text.starts_with('*') { "comment" } else { "option" };
        Some(record)
    }

    fn finish(&mut self, mut record: Record<'_>, _tail: &str, sink: &mut dyn Sink) {
        if let (true, "option", Cow::Borrowed(text)) = (record.head, record.kind, &record.body) {
            self.describe(text, &mut record, sink);
        }
        sink.record(record);
    }
}

impl OptionGrammar {
    fn describe<'a>(&mut self, text: &'a str, record: &mut Record<'a>, sink: &mut dyn Sink) {
        let (name, value) = match option(text) {
            Some((keyword, value)) => (keyword.name, value),
            None => {
                let (word, value) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
                (word.to_ascii_uppercase(), value.trim_start())
            }
        };
        let value = unquoted(value.trim_end());
        match name.as_str() {
            "SERVERNAME" => {
                self.stanza = Some((value.to_owned(), self.stanzas));
                self.stanzas = self.stanzas.saturating_add(1);
            }
            // A file with several stanzas can name several nodes; the first is the client's usual one.
            "NODENAME" if !self.node_seen && !value.is_empty() => {
                self.node_seen = true;
                sink.source_host(value);
            }
            _ => {}
        }
        let is_secret = matches!(name.as_str(), "PASSWORD" | "VMCPW") || find_folded(value, "pass").is_some();
        let is_secret = is_secret && name != "PASSWORDACCESS" && name != "PASSWORDDIR";
        record.fields.push(("name", Cow::Owned(name)));
        if !value.is_empty() && !is_secret {
            record.fields.push(("value", Cow::Borrowed(value)));
        }
        if let Some((server, number)) = &self.stanza {
            record.fields.push(("server", Cow::Owned(server.clone())));
            record.session = Some(*number);
        }
    }
}

fn unquoted(value: &str) -> &str {
    let inner = ['"', '\''].iter().find_map(|quote| value.strip_prefix(*quote)?.strip_suffix(*quote));
    inner.unwrap_or(value)
}

/// Options that other programs' files have as well.
const SHARED: &[&str] = &[
    "SErvername",
    "DEFAULTServer",
    "DOMain",
    "INCLude",
    "EXCLude",
    "LANGuage",
    "PASsword",
    "QUIet",
    "VERBose",
    "REPlace",
    "SSL",
    "SSLREQUIRED",
    "SUBDir",
    "GROups",
    "USERS",
    "HTTPport",
    "MONITOR",
    "TRACEFILE",
    "TRACEFLAGS",
    "TRACEMAX",
    "COMPRESSIon",
    "MAILprog",
    "DIRMC",
    "USEDIRectory",
];

/// Options whose names are this product's own, capitals showing how far they can be cut.
const OWN: &[&str] = &[
    "ARCHMC",
    "ARCHSYMLINKASFILE",
    "ASNODEname",
    "ASRMODE",
    "AUDITLOGGing",
    "AUDITLOGName",
    "AUTODEPLOY",
    "AUTOFSRename",
    "BACKMC",
    "BACKUPREGistry",
    "CADLISTENonport",
    "CASESENSITIVEAware",
    "CHAngingretries",
    "CLUSTERnode",
    "COLLOCATEBYFilespec",
    "COMMMethod",
    "COMMRESTARTDuration",
    "COMMRESTARTInterval",
    "COMPRESSAlways",
    "DATEformat",
    "DEDUPCACHEPath",
    "DEDUPCACHESize",
    "DEDUPLication",
    "DISKBUFFsize",
    "DISKCACHELocation",
    "DYNAMICImage",
    "EFSDecrypt",
    "ENABLEARCHIVERETENTIONPROTection",
    "ENABLEDEDUPCACHE",
    "ENABLEINSTRUMENTATION",
    "ENABLELANFree",
    "ENCRYPTIONTYPE",
    "ENCRYPTKey",
    "ERRORLOGMAX",
    "ERRORLOGName",
    "ERRORLOGRetention",
    "FBBRANCH",
    "FOLlowsymbolic",
    "IEOBJTYPE",
    "IMAGEGAPsize",
    "INCLExcl",
    "INCRTHreshold",
    "INSTRLOGMAX",
    "INSTRLOGNAME",
    "LANFREECommmethod",
    "LANFREEShmport",
    "LANFREETCPPort",
    "LANFREETCPServeraddress",
    "LANFREESSL",
    "LOCALbackupset",
    "MAKesparsefile",
    "MANAGEDServices",
    "MAXCMDRetries",
    "MEMORYEFficientbackup",
    "MYREPLICATIONServer",
    "NAMEDpipename",
    "NASNODEName",
    "NFSTIMEout",
    "NODename",
    "NUMBERFormat",
    "PASSWORDAccess",
    "PASSWORDDIR",
    "POSTNschedulecmd",
    "POSTSchedulecmd",
    "PREServelastaccessdate",
    "PRENschedulecmd",
    "PRESchedulecmd",
    "PROCESSORutilization",
    "QUERYSCHedperiod",
    "REPLSERVERName",
    "RESOURceutilization",
    "RETRYPeriod",
    "REVOKEremoteaccess",
    "RUNasservice",
    "SCHEDCMDDisabled",
    "SCHEDCMDException",
    "SCHEDLOGMAX",
    "SCHEDLOGName",
    "SCHEDLOGRetention",
    "SCHEDMODe",
    "SCHEDRESTRETRDisabled",
    "SCROLLLines",
    "SCROLLPrompt",
    "SESSIONINITiation",
    "SESSIONSECURITY",
    "SHMPort",
    "SKIPMIgrated",
    "SKIPNTPermissions",
    "SKIPNTSecuritycrc",
    "SNAPDIFF",
    "SNAPDIFFCHANGELOGDIR",
    "SNAPSHOTCACHELocation",
    "SNAPSHOTPROVIDERFs",
    "SNAPSHOTPROVIDERImage",
    "SRVPREPOSTSCHeddisabled",
    "SRVPREPOSTSNapdisabled",
    "SSLACCEPTCERTFROMSERV",
    "SSLDISABLELEGACYtls",
    "SSLFIPSMODE",
    "STAGINGDIRectory",
    "SYSTEMSTATEBACKUPMETHOD",
    "TAPEPrompt",
    "TCPADMINPort",
    "TCPBuffsize",
    "TCPCADAddress",
    "TCPCLIENTAddress",
    "TCPCLIENTPort",
    "TCPNodelay",
    "TCPPort",
    "TCPServeraddress",
    "TCPWindowsize",
    "TESTFLAG",
    "TESTFLAGS",
    "TIMEformat",
    "TOCdestination",
    "TXNBytelimit",
    "USEREPLICATIONFailover",
    "V2archive",
    "VIRTUALFsname",
    "VIRTUALMountpoint",
    "VIRTUALNodename",
    "VMAUTOSTARTvm",
    "VMBACKDir",
    "VMBACKNODE",
    "VMBACKUPLOCATION",
    "VMBACKUPMAILBOXHISTORY",
    "VMBACKUPTYPE",
    "VMBACKUPUPDATEGUID",
    "VMBACKVCBTRANSPORT",
    "VMCHost",
    "VMCPw",
    "VMCTLMC",
    "VMCUser",
    "VMDATASTORETHRESHOLD",
    "VMDEFAULTDVPORTGROUP",
    "VMDEFAULTDVSWITCH",
    "VMDEFAULTNETWORK",
    "VMDISKPROVision",
    "VMENABLETEMPLATEBACKUPS",
    "VMFULLTYPE",
    "VMISCSIAdapter",
    "VMISCSIServeraddress",
    "VMLIMITPERDatastore",
    "VMLIMITPERHost",
    "VMLIST",
    "VMMAXBACKUPSESSIONS",
    "VMMAXParallel",
    "VMMAXRESTOREPARALLELDisks",
    "VMMAXRESTORESESSIONS",
    "VMMAXVIRTUALDisks",
    "VMMC",
    "VMMOUNTAGE",
    "VMNOPRDMDISKS",
    "VMNOVRDMDISKS",
    "VMPREFERDAGPASSIVE",
    "VMPROCESSVMWITHINDEPENDENT",
    "VMPROCESSVMWITHPRDM",
    "VMRESTORETYPE",
    "VMSKIPCTLCOMPRESSION",
    "VMSKIPMAXVIRTUALDISKS",
    "VMSKIPMAXVMDKS",
    "VMSKIPPHYSDISKS",
    "VMSTORAGETYPE",
    "VMTAGDATAMOVER",
    "VMTEMPDATASTORE",
    "VMTIMEout",
    "VMVERIFYIFAction",
    "VMVERIFYIFLatest",
    "VMVSTORCOMPR",
    "VMVSTORTransport",
    "VSSALTSTAGINGDIR",
    "WEBports",
    "WILDCARDSareliteral",
];

#[cfg(test)]
mod tests {
    use super::super::testing::read;
    use super::*;

    const DATA_MOVER: &str = "* data mover of DC1\r\nNODename         DM1\r\nTCPServ          tsmsrv1.corp.example\r\n\
                              PASSWORDAccess   GENERATE\r\nPASSWORD         secret\r\n\r\nvmchost          \
                              vcenter1\r\nDATEFORMAT       3\r\ntestflags  VM_DONT_QUIESCE_ON_SNAPSHOT\r\n\
                              DOMAIN.VMFULL    \"VM=a b\"\r\nFUTUREOPTION 1\r\n";

    #[test]
    fn options_of_a_data_mover() {
        assert!(OptionFile.opens(DATA_MOVER));
        let found = read(&OptionFile, DATA_MOVER);
        assert_eq!((found.records.len(), found.headless()), (10, 0));
        let told: Vec<_> = found
            .records
            .iter()
            .map(|record| (record.kind, record.field("name"), record.field("value")))
            .collect();
        assert_eq!(told[0], ("comment", None, None));
        assert_eq!(told[2], ("option", Some("TCPSERVERADDRESS"), Some("tsmsrv1.corp.example")));
        assert_eq!(told[4], ("option", Some("PASSWORD"), None));
        assert_eq!(told[5], ("option", Some("VMCHOST"), Some("vcenter1")));
        assert_eq!(told[7], ("option", Some("TESTFLAG"), Some("VM_DONT_QUIESCE_ON_SNAPSHOT")));
        assert_eq!(told[8], ("option", Some("DOMAIN.VMFULL"), Some("VM=a b")));
        assert_eq!(told[9], ("option", Some("FUTUREOPTION"), Some("1")));
        assert!(found.records[4].body.contains("secret"));
        assert_eq!(found.hosts, ["DM1"]);
    }

    #[test]
    fn stanzas() {
        let text = "SErvername A\n  COMMMethod TCPip\n  NODENAME n1\nSERVERNAME B\n  NODENAME n2\n";
        assert!(OptionFile.opens(text));
        let found = read(&OptionFile, text);
        assert_eq!(found.hosts, ["n1"]);
        let told: Vec<_> =
            found.records.iter().map(|record| (record.session, record.field("server"))).collect();
        assert_eq!(told[2], (Some(0), Some("A")));
        assert_eq!(told[4], (Some(1), Some("B")));
    }

    #[test]
    fn ordinary_configuration_is_not_taken() {
        for text in [
            "ServerName www.example.com\nInclude conf/mods\nUser www\nGroups a\nSSL on\n",
            "SERVER = master1\nCLIENT_NAME = a\nVERBOSE = 5\n",
            "Host a\n  HostName b\n  User c\n",
            "NodeName=n1 CPUs=4\nPartitionName=p\n",
            "domain example.com\nnameserver 10.0.0.1\n",
            "users a\ngroups b\n",
            "",
            "* * * * * root run\n* 1 * * * x\n",
        ] {
            assert!(!OptionFile.opens(text), "{text}");
        }
        for (line, claim) in [
            ("TESTFLAG VM_DONT_QUIESCE_ON_SNAPSHOT", Claim::Strong),
            ("TCPServeraddress tsmsrv1", Claim::Strong),
            ("NODENAME DM1", Claim::Weak),
            ("* TESTFLAG VM_DONT_QUIESCE_ON_SNAPSHOT", Claim::No),
            ("ServerName www.example.com", Claim::No),
            ("nodename = x", Claim::No),
        ] {
            assert_eq!(OptionFile.claim(line), claim, "{line}");
        }
    }
}
