//! What an interview is opened with: the baselines of earlier ones, and a decoder for each track.

use super::Decoder;
use crate::core::{
    FieldError, InterviewSpec, Reference, ReferenceKind, ReferenceSource, TenantId, TrackSpec,
};
use crate::decode::DecodeError;
use crate::decode::wire::{AudioDecoder, open_video};
use crate::pipeline::Pipeline;
use crate::session::{NoReference, ReferenceStore};

/// Gives each participant the baseline of the earlier interview that they name.
///
/// # Errors
/// A consent id that is not that of the earlier interview. One that is not kept is a remark.
pub(super) fn refer_to_earlier(
    pipeline: &mut Pipeline,
    spec: &InterviewSpec,
    tenant: &TenantId,
    references: &ReferenceStore,
) -> Result<(), FieldError> {
    for p in &spec.participants {
        let Some(session) = &p.reference_session else {
            continue;
        };
        let baseline = references.find(tenant, session, &spec.consent_id, &p.id);
        if baseline == Err(NoReference::Consent) {
            // What was found is not repeated: it may be somebody else's.
            let expected = format!("the consent id that interview {session} was opened with");
            return Err(FieldError::new(
                "consent_id",
                "another one, or none",
                expected,
            ));
        }
        let source = ReferenceSource {
            kind: ReferenceKind::Session,
            name: session.to_string(),
        };
        let baseline = baseline.map_err(|e| e.to_string());
        let face = Err("an earlier interview leaves no face behind".to_owned());
        let reference = Reference {
            source,
            baseline,
            face,
        };
        pipeline.refer_to(&p.id, reference);
    }
    Ok(())
}

pub(super) fn decoder(track: &TrackSpec, max_pixels: u64) -> Result<Decoder, DecodeError> {
    match (&track.video, &track.audio) {
        (Some(video), _) => {
            let opened = open_video(video, max_pixels);
            Ok(Decoder::Video(opened.map_err(|e| within(e, "video"))?))
        }
        (None, Some(audio)) => {
            let opened = AudioDecoder::open(audio);
            Ok(Decoder::Audio(opened.map_err(|e| within(e, "audio"))?))
        }
        (None, None) => Err(FieldError::new("details", "none", "video or audio").into()),
    }
}

fn within(error: DecodeError, part: &str) -> DecodeError {
    match error {
        DecodeError::Field(e) => DecodeError::Field(e.within(part)),
        other => other,
    }
}
