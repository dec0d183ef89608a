//! Publications that name indicators of manipulated interviews.

/// A publication.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::report) struct Source {
    /// Who published it.
    pub(in crate::report) by: &'static str,
    /// Its title.
    pub(in crate::report) title: &'static str,
    /// When.
    pub(in crate::report) date: &'static str,
    /// Where it stands.
    pub(in crate::report) url: &'static str,
}

pub(super) const FBI_2022: usize = 0;
pub(super) const FBI_2025: usize = 1;
pub(super) const UNIT_42: usize = 2;
pub(super) const SEAL: usize = 3;
pub(super) const INTELESCREEN: usize = 4;
pub(super) const SHERLOCK: usize = 5;

/// All of them; a row names them by their place here. The last two are by vendors, not by agencies.
pub(in crate::report) const SOURCES: [Source; 6] = [
    Source {
        by: "FBI, Internet Crime Complaint Center",
        title: "Deepfakes and Stolen PII Utilized to Apply for Remote Work Positions",
        date: "28 June 2022",
        url: "https://www.ic3.gov/PSA/2022/PSA220628",
    },
    Source {
        by: "FBI, Internet Crime Complaint Center",
        title: "North Korean IT Worker Threats to U.S. Businesses",
        date: "23 July 2025",
        url: "https://www.ic3.gov/PSA/2025/PSA250723-4",
    },
    Source {
        by: "Palo Alto Networks, Unit 42",
        title: "False Face: Unit 42 Demonstrates the Alarming Ease of Synthetic Identity Creation",
        date: "April 2025",
        url: "https://unit42.paloaltonetworks.com/north-korean-synthetic-identity-creation/",
    },
    Source {
        by: "Security Alliance (SEAL)",
        title: "Frameworks, mitigating-dprk-it-workers: liveness verification",
        date: "2026",
        url: "https://github.com/security-alliance/frameworks",
    },
    Source {
        by: "InteleScreen (a vendor)",
        title: "7 Red Flags That Could Indicate Interview Impersonation",
        date: "February 2026",
        url: "https://intelescreen.com/7-red-flags-that-could-indicate-interview-impersonation/",
    },
    Source {
        by: "Sherlock AI (a vendor)",
        title: "30 Interview Red Flags for Interviewers & Hiring Teams",
        date: "5 March 2026",
        url: "https://www.withsherlock.ai/blog/interview-red-flags",
    },
];
