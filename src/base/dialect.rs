//! The closed list of log dialects: their names, and the rules of time that hold for each.
//!
//! What a dialect *looks like* is told by the module of its name under `crate::dialect`; what the correlator needs
//! to know of it stands here, because both sides may only meet on this floor.

use super::coverage::CoverageKind;
use super::stamp::{HOUR, SECOND};
use serde::{Deserialize, Serialize};

macro_rules! dialects {
    ($($variant:ident = $name:literal, $doc:literal;)+) => {
        /// One log format of one product.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(into = "&'static str", try_from = "String")]
        pub enum Dialect { $(#[doc = $doc] $variant,)+ }

        impl Dialect {
            /// Every dialect, in the order of their names here.
            pub const ALL: &'static [Dialect] = &[$(Dialect::$variant,)+];

            /// The name used in reports and pattern files, such as `netbackup.legacy`.
            pub fn name(self) -> &'static str {
                match self { $(Dialect::$variant => $name,)+ }
            }

            /// One line for people.
            pub fn title(self) -> &'static str {
                match self { $(Dialect::$variant => $doc,)+ }
            }
        }
    };
}

dialects! {
    NetbackupLegacy = "netbackup.legacy", "NetBackup legacy debug log (bpdm, bptm, bpbrm ...)";
    NetbackupJob = "netbackup.job", "NetBackup job details";
    NetbackupProgress = "netbackup.progress", "NetBackup progress log";
    NetbackupTryLog = "netbackup.try-log", "NetBackup REST try log";
    NetbackupBpdbjobs = "netbackup.bpdbjobs", "NetBackup job list (bpdbjobs)";
    NetbackupBperror = "netbackup.bperror", "NetBackup error catalogue (bperror)";
    NetbackupUnified = "netbackup.unified", "NetBackup unified log as vxlogview prints it";
    NetbackupUnifiedRaw = "netbackup.unified-raw", "NetBackup unified log, raw file";
    NetbackupNbstlutil = "netbackup.nbstlutil", "NetBackup storage lifecycle listing (nbstlutil)";
    NetbackupTpconfigDsh = "netbackup.tpconfig-dsh", "NetBackup storage servers (tpconfig -dsh)";
    NetbackupImageList = "netbackup.image-list", "NetBackup image list (bpimagelist, bpimmedia, bpflist)";
    NetbackupVersion = "netbackup.version", "NetBackup version file";
    NetbackupConfig = "netbackup.config", "NetBackup configuration (bpgetconfig, bp.conf)";
    NetbackupMsdp = "netbackup.msdp", "NetBackup MSDP storage server log";
    NetbackupVxms = "netbackup.vxms", "NetBackup log of VxMS, which reads virtual disks";
    WindowsEvtx = "windows.evtx", "Windows event log, binary (Vista and later)";
    WindowsEvt = "windows.evt", "Windows event log, binary (NT to 2003)";
    WindowsCsv = "windows.csv", "Windows events saved as CSV or tab text (Vista and later)";
    WindowsCsv2003 = "windows.csv-2003", "Windows events saved as CSV or tab text (XP, 2003)";
    WindowsXml = "windows.xml", "Windows events as XML";
    WindowsWevtutilText = "windows.wevtutil-text", "Windows events, wevtutil /f:text";
    WindowsCopied = "windows.copied", "Windows event text copied from Event Viewer";
    WindowsPowershell = "windows.powershell", "Windows events from PowerShell";
    WindowsPsloglist = "windows.psloglist", "Windows events from psloglist";
    WindowsDumpel = "windows.dumpel", "Windows events from dumpel or eventquery";
    TsmError = "tsm.error", "TSM client error log (dsmerror.log)";
    TsmSched = "tsm.sched", "TSM client scheduler log (dsmsched.log)";
    TsmConsole = "tsm.console", "TSM client console (dsmc)";
    TsmCad = "tsm.cad", "TSM client acceptor log (dsmwebcl.log)";
    TsmInstr = "tsm.instr", "TSM client instrumentation log";
    TsmOptions = "tsm.options", "TSM option file (dsm.opt, dsm.sys)";
    TsmActlog = "tsm.actlog", "TSM server activity log";
    TsmEvents = "tsm.events", "TSM server event list";
    TsmDp = "tsm.dp", "TSM Data Protection agent log";
    FcmLog = "fcm.log", "FlashCopy Manager log";
    VmwareVmxLog = "vmware.vmx-log", "VMware virtual machine log (vmware.log)";
    VmwareHostd = "vmware.hostd", "VMware host agent log (hostd.log)";
    VmwareVpxd = "vmware.vpxd", "VMware vCenter log (vpxd.log)";
    VmwareVpxa = "vmware.vpxa", "VMware vCenter agent log (vpxa.log)";
    VmwareVmkernel = "vmware.vmkernel", "VMware kernel log (vmkernel.log)";
    VmwareEvents = "vmware.events", "VMware vCenter event export";
    VmwareVmsd = "vmware.vmsd", "VMware snapshot list (.vmsd)";
    VmwareVmx = "vmware.vmx", "VMware virtual machine configuration (.vmx)";
    VmwareVmbackup = "vmware.vmbackup", "VMware Tools guest backup log";
    BackupExecJobXml = "backup-exec.job-xml", "Backup Exec job log (XML)";
    BackupExecJobText = "backup-exec.job-text", "Backup Exec job log (text)";
    BackupExecAdamm = "backup-exec.adamm", "Backup Exec device log (adamm.log)";
    BackupExecDebug = "backup-exec.debug", "Backup Exec debug log (SGMon, beremote)";
    Mixed = "mixed", "Several dialects in one text";
    Unknown = "unknown", "Unknown text";
}

/// As its name.
impl From<Dialect> for &'static str {
    fn from(dialect: Dialect) -> &'static str {
        dialect.name()
    }
}

impl TryFrom<String> for Dialect {
    type Error = String;

    fn try_from(name: String) -> Result<Dialect, String> {
        Dialect::from_name(&name).ok_or_else(|| format!("no dialect is called `{name}`"))
    }
}

impl Dialect {
    /// The dialect of this exact name.
    pub fn from_name(name: &str) -> Option<Dialect> {
        Dialect::ALL.iter().copied().find(|dialect| dialect.name() == name)
    }

    /// The product that writes it: the part before the dot (`netbackup`, `windows`, `tsm` ...).
    pub fn product(self) -> &'static str {
        let name = self.name();
        name.split_once('.').map_or(name, |(product, _)| product)
    }

    /// Dialects whose records stand inside sources of this one: the rows of a job list hold job details.
    pub fn holds(self) -> &'static [Dialect] {
        match self {
            Dialect::NetbackupBpdbjobs => &[Dialect::NetbackupJob],
            _ => &[],
        }
    }

    /// How far records of different processes may stand out of time order in one log, in microseconds
    /// (debug logs are written by many processes at once; job details step back by seconds).
    pub fn disorder(self) -> i64 {
        match self {
            Dialect::NetbackupLegacy => SECOND,
            Dialect::NetbackupJob => 15 * SECOND,
            _ => 0,
        }
    }

    /// Is it a debug log, in which the position orders the records of one process id?
    pub fn is_debug_log(self) -> bool {
        matches!(
            self,
            Dialect::NetbackupLegacy
                | Dialect::NetbackupUnified
                | Dialect::NetbackupUnifiedRaw
                | Dialect::NetbackupMsdp
                | Dialect::NetbackupVxms
                | Dialect::BackupExecDebug
                | Dialect::BackupExecAdamm
        )
    }

    /// After how much silence the log no longer proves that nothing happened, in microseconds. Debug and scheduler
    /// logs write something every day; event logs and job lists may be silent for as long as nothing happens.
    pub fn quiet_time(self) -> Option<i64> {
        match self {
            Dialect::NetbackupLegacy
            | Dialect::NetbackupUnified
            | Dialect::NetbackupUnifiedRaw
            | Dialect::NetbackupMsdp
            | Dialect::TsmSched
            | Dialect::TsmCad
            | Dialect::VmwareHostd
            | Dialect::VmwareVpxd
            | Dialect::VmwareVpxa
            | Dialect::VmwareVmkernel
            | Dialect::BackupExecDebug => Some(26 * HOUR),
            _ => None,
        }
    }

    /// Which question its coverage answers.
    pub fn coverage_kind(self) -> CoverageKind {
        match self {
            Dialect::NetbackupBpdbjobs
            | Dialect::NetbackupBperror
            | Dialect::NetbackupImageList
            | Dialect::VmwareEvents
            | Dialect::TsmSched
            | Dialect::TsmActlog
            | Dialect::TsmEvents
            | Dialect::BackupExecJobXml
            | Dialect::BackupExecJobText => CoverageKind::JobList,
            Dialect::NetbackupJob
            | Dialect::NetbackupProgress
            | Dialect::NetbackupTryLog
            | Dialect::TsmConsole => CoverageKind::Single,
            Dialect::NetbackupNbstlutil
            | Dialect::NetbackupTpconfigDsh
            | Dialect::NetbackupVersion
            | Dialect::NetbackupConfig
            | Dialect::TsmOptions
            | Dialect::VmwareVmsd
            | Dialect::VmwareVmx
            // What somebody picked out and pasted is no stretch of a log.
            | Dialect::WindowsCopied
            | Dialect::Mixed
            | Dialect::Unknown => CoverageKind::None,
            _ => CoverageKind::Log,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_reads_back() {
        for dialect in Dialect::ALL {
            assert_eq!(Dialect::from_name(dialect.name()), Some(*dialect));
        }
        assert_eq!(Dialect::NetbackupLegacy.product(), "netbackup");
        assert_eq!(Dialect::from_name("netbackup"), None);
    }
}
