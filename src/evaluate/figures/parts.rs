//! Rates, groups and pairs.

use super::view::View;
use super::{Maker, Sample};
use crate::evaluate::document::{Group, Pairs, Rate};
use crate::evaluate::metrics::{Clusters, Ranked, count_pairs, wilson};
use std::collections::{BTreeMap, BTreeSet};

/// Identities of some recordings.
pub(super) fn clusters(views: &[&View<'_>]) -> Clusters {
    Clusters::by_name(views.iter().map(|v| v.clip.identity.as_str()))
}

/// Share of recordings with a number.
pub(super) fn coverage(views: &[&View<'_>]) -> Option<f64> {
    let with = views.iter().filter(|v| v.score.is_some()).count();
    (!views.is_empty()).then(|| with as f64 / views.len() as f64)
}

/// Share of the time with a number.
pub(super) fn coverage_by_time(views: &[&View<'_>]) -> f64 {
    let (mut all, mut with) = (0.0, 0.0);
    for p in views.iter().flat_map(|v| &v.segments) {
        all += p.length_s;
        with += if p.score.is_some() { p.length_s } else { 0.0 };
    }
    if all > 0.0 { with / all } else { 0.0 }
}

fn rate<'a>(n: usize, hits: usize, identities: impl Iterator<Item = &'a str>) -> Rate {
    let identities = identities.collect::<BTreeSet<_>>().len();
    let share = (n > 0).then(|| hits as f64 / n as f64);
    let ci = share.and_then(|s| wilson(s, identities.min(n)));
    Rate {
        n,
        hits,
        share,
        ci: ci.map(|(low, high)| [low, high]),
        identities,
    }
}

/// Share of recordings called manipulated: those whose votes are at or above the threshold.
pub(super) fn clip_rate(views: &[&View<'_>], threshold: f64) -> Rate {
    let hits = views
        .iter()
        .filter(|v| v.vote.is_some_and(|s| s >= threshold))
        .count();
    rate(
        views.len(),
        hits,
        views.iter().map(|v| v.clip.identity.as_str()),
    )
}

/// Share of recordings below the threshold.
pub(super) fn missed(views: &[&View<'_>], threshold: f64) -> Rate {
    let hits = views
        .iter()
        .filter(|v| v.sample().score < threshold)
        .count();
    rate(
        views.len(),
        hits,
        views.iter().map(|v| v.clip.identity.as_str()),
    )
}

/// Share of segments at or above the threshold, of recordings of more than one picture. Segments
/// that abstained count as not called; `fake` picks those of that truth.
pub(super) fn segment_rate(views: &[&View<'_>], threshold: f64, fake: bool) -> Rate {
    let moving: Vec<&&View<'_>> = views.iter().filter(|v| !v.still).collect();
    let all = || {
        moving
            .iter()
            .flat_map(|v| &v.segments)
            .filter(|p| p.fake == Some(fake))
    };
    let hits = all()
        .filter(|p| p.vote.is_some_and(|s| s >= threshold))
        .count();
    rate(
        all().count(),
        hits,
        moving.iter().map(|v| v.clip.identity.as_str()),
    )
}

/// Called segments of real recordings per hour.
pub(super) fn per_hour(reals: &[&View<'_>], threshold: f64) -> Option<f64> {
    let pieces = || reals.iter().filter(|v| !v.still).flat_map(|v| &v.segments);
    let hours: f64 = pieces().map(|p| p.length_s).sum::<f64>() / 3600.0;
    let called = pieces()
        .filter(|p| p.vote.is_some_and(|s| s >= threshold))
        .count();
    (hours > 0.0).then(|| called as f64 / hours)
}

/// Pairs ranked right; `None` when the list has no pair here.
pub(super) fn pairs(views: &[&View<'_>]) -> Option<Pairs> {
    let in_pairs: Vec<&&View<'_>> = views.iter().filter(|v| !v.clip.pair.is_empty()).collect();
    let count = count_pairs(
        in_pairs
            .iter()
            .map(|v| (v.clip.pair.as_str(), v.sample().score, v.clip.fake)),
    );
    if count.n == 0 {
        return None;
    }
    let people = in_pairs.iter().map(|v| v.clip.identity.as_str());
    let rate = rate(count.n, count.right, people);
    Some(Pairs {
        n: count.n,
        right: count.right,
        tied: count.tied,
        alone: count.alone,
        share: rate.share,
        ci: rate.ci,
    })
}

/// Recordings by one or several names each; without a name they are left out.
pub(super) fn split<'v, 'a>(
    views: &[&'v View<'a>],
    names: impl Fn(&View<'_>) -> Vec<String>,
) -> BTreeMap<String, Vec<&'v View<'a>>> {
    let mut parts: BTreeMap<String, Vec<&View<'_>>> = BTreeMap::new();
    for v in views {
        for name in names(v) {
            parts.entry(name).or_default().push(v);
        }
    }
    parts
}

impl Maker<'_> {
    /// The manipulated recordings of each tool against all real ones, worst AUC first.
    pub(super) fn by_tool(&self, reals: &[&View<'_>], fakes: &[&View<'_>]) -> Vec<Group> {
        let mut groups: Vec<Group> = split(fakes, |v| vec![v.clip.tool.clone()])
            .into_iter()
            .map(|(tool, of)| {
                let with: Vec<&View<'_>> = of.into_iter().chain(reals.iter().copied()).collect();
                self.group(tool, &with)
            })
            .collect();
        groups.sort_by(|a, b| a.auc.unwrap_or(2.0).total_cmp(&b.auc.unwrap_or(2.0)));
        groups
    }

    pub(super) fn by_condition(&self, views: &[&View<'_>]) -> Vec<Group> {
        let named = |v: &View<'_>| {
            let name = v.clip.condition.clone();
            if name.is_empty() {
                Vec::new()
            } else {
                vec![name]
            }
        };
        let mut groups = self.groups(views, named);
        groups.sort_by(|a, b| {
            let key = |g: &Group| {
                g.false_alarm_segments
                    .share
                    .or(g.false_alarms.share)
                    .unwrap_or(-1.0)
            };
            key(b).total_cmp(&key(a))
        });
        groups
    }

    pub(super) fn by_group(&self, views: &[&View<'_>]) -> Vec<Group> {
        self.groups(views, |v| v.clip.groups.clone())
    }

    /// Steps at which the face nets and the face-swap signal change behaviour. A pair is placed by
    /// each of its clips.
    pub(super) fn by_face_px(&self, views: &[&View<'_>]) -> Vec<Group> {
        self.groups(views, |v| {
            let name = match v.face_px {
                None => "no face",
                Some(px) if px < 60.0 => "below 60 px",
                Some(px) if px < 100.0 => "60 to 99 px",
                Some(px) if px < 140.0 => "100 to 139 px",
                Some(_) => "140 px and more",
            };
            vec![name.to_owned()]
        })
    }

    fn groups(&self, views: &[&View<'_>], names: impl Fn(&View<'_>) -> Vec<String>) -> Vec<Group> {
        let parts = split(views, names);
        parts
            .into_iter()
            .map(|(name, of)| self.group(name, &of))
            .collect()
    }

    fn group(&self, name: String, views: &[&View<'_>]) -> Group {
        let samples: Vec<Sample> = views.iter().map(|v| v.sample()).collect();
        let reals: Vec<&View<'_>> = views.iter().copied().filter(|v| !v.clip.fake).collect();
        let found = views.iter().filter(|v| v.face_px.is_some()).count();
        let threshold = self.options.threshold;
        Group {
            name,
            n_real: reals.len(),
            n_fake: views.len() - reals.len(),
            identities: clusters(views).len(),
            coverage: coverage(views).unwrap_or(0.0),
            face_found: found as f64 / views.len().max(1) as f64,
            auc: Ranked::new(&samples).auc(|_| 1.0),
            auc_ci: self.auc_interval(views),
            pairs: pairs(views),
            false_alarms: clip_rate(&reals, threshold),
            false_alarm_segments: segment_rate(&reals, threshold, false),
        }
    }
}
