//! Clocks: relations, jumps, breaks.

use super::*;

#[test]
fn foreign_clocks_are_brought_to_session_time() {
    // Unix time: shifted so that the first chunk is zero; the second track shares the shift.
    let unix = 1_700_000_000_000_000;
    let mut i = ingest();
    assert_eq!(send(&mut i, "v", 0, unix).unwrap().time, MediaTime::ZERO);
    assert_eq!(
        send(&mut i, "a", 0, unix + 30_000).unwrap().time,
        MediaTime::from_ms(30)
    );
    assert_eq!(
        send(&mut i, "v", 1, unix + 40_000).unwrap().time,
        MediaTime::from_ms(40)
    );
    // Another clock, in session time already.
    assert_eq!(
        send(&mut i, "h", 0, 100_000).unwrap().time,
        MediaTime::from_ms(100)
    );

    // A stated mapping wins, before or after the first chunk.
    let mut i = ingest();
    i.clock_mapping(&track_id("a"), -5_000_000_000, ClockSource::Estimated)
        .unwrap();
    assert_eq!(
        send(&mut i, "v", 0, 5_250_000).unwrap().time,
        MediaTime::from_ms(250)
    );
    assert_eq!(i.clock_source(&track_id("v")), ClockSource::Estimated);
    i.clock_mapping(&track_id("v"), -4_900_000_000, ClockSource::Platform)
        .unwrap();
    let a = send(&mut i, "v", 1, 5_290_000).unwrap();
    assert_eq!(a.time, MediaTime::from_ms(390));
    assert_eq!(a.epoch, 1, "a new mapping breaks the series");
    assert!(
        i.clock_mapping(&track_id("x"), 0, ClockSource::Platform)
            .is_err()
    );
}

#[test]
fn jumps_are_breaks_and_resets_lose_the_relation() {
    let mut i = ingest();
    assert!(send(&mut i, "v", 0, 0).is_ok());
    // Forwards: a gap, in time as it is.
    let a = send(&mut i, "v", 1, 30_000_000).unwrap();
    assert_eq!(a.time, MediaTime::from_ms(30_000));
    assert_eq!(
        a.clock_jump,
        Some(ClockJump {
            by_ns: 30_000_000_000,
            reset: false
        })
    );
    assert_eq!(
        (a.epoch, i.clock_source(&track_id("v"))),
        (1, ClockSource::Platform)
    );
    assert!(send(&mut i, "a", 0, 30_010_000).is_ok());
    // Back: the clock was set anew and goes on at the present.
    let a = send(&mut i, "v", 2, 0).unwrap();
    assert_eq!(a.time, MediaTime::from_ms(30_010));
    assert!(
        a.clock_jump
            .is_some_and(|j| j.reset && j.by_ns == -30_000_000_000)
    );
    assert_eq!(
        (a.epoch, i.clock_source(&track_id("v"))),
        (2, ClockSource::Unknown)
    );
    // A chunk of the other track still under way, then one by the new clock.
    let b = send(&mut i, "a", 1, 30_030_000).unwrap();
    assert_eq!((b.time, b.epoch), (MediaTime::from_ms(30_030), 0));
    let b = send(&mut i, "a", 2, 40_000).unwrap();
    assert_eq!((b.time, b.epoch), (MediaTime::from_ms(30_050), 1));
    assert_eq!(
        send(&mut i, "v", 3, 40_000).unwrap().time,
        MediaTime::from_ms(30_050)
    );
}

#[test]
fn a_clock_set_back_by_seconds_is_taken_up_again() {
    let mut i = ingest();
    assert!(send(&mut i, "v", 0, 20_000_000).is_ok());
    for n in 0..u64::from(MAX_BACK_RUN) {
        let r = send(&mut i, "v", n + 1, 15_000_000 + n as i64 * 40_000);
        assert!(matches!(r, Err(Refusal::TimeGoesBack { .. })), "{n}: {r:?}");
    }
    let a = send(&mut i, "v", 20, 15_500_000).unwrap();
    assert!(a.time > MediaTime::from_ms(20_000));
    assert!(a.clock_jump.is_some_and(|j| j.reset && j.by_ns < 0));
    assert_eq!(i.clock_source(&track_id("v")), ClockSource::Unknown);
    assert!(send(&mut i, "v", 21, 15_540_000).is_ok());
}

#[test]
fn times_beyond_all_measure_are_refused_and_change_nothing() {
    for us in [i64::MAX, i64::MIN, 15_000_000_000] {
        let mut i = ingest();
        assert!(send(&mut i, "v", 0, 0).is_ok());
        let r = send(&mut i, "v", 1, us);
        if us > 0 {
            let e: FieldError = r.unwrap_err().into();
            assert_eq!(e.field, "media.capture_time_us", "{us}");
        }
        let a = send(&mut i, "v", 2, 40_000);
        assert!(a.is_ok() || us < 0, "{us}: {a:?}");
    }
}

#[test]
fn breaks_announced_by_the_sender_raise_the_epoch() {
    let mut i = ingest();
    assert_eq!(send(&mut i, "v", 0, 0).unwrap().epoch, 0);
    i.discontinuity(&track_id("v")).unwrap();
    assert_eq!(send(&mut i, "v", 1, 40_000).unwrap().epoch, 1);
    let l = layout();
    let chunk = Chunk {
        sequence: 2,
        capture_time_us: 80_000,
        payload: &PICTURE,
        layout: Some(&l),
        epoch: 9,
    };
    assert_eq!(i.accept(&track_id("v"), &chunk).unwrap().epoch, 2);
    assert!(i.discontinuity(&track_id("x")).is_err());
}

#[test]
fn a_backlog_keeps_its_times_and_moves_no_clock() {
    // Pictures start at once; 60 s of sound that were held back come in a burst, then go on.
    let unix = 1_700_000_000_000_000;
    for (sound, what) in [
        ("a", "on the pictures' clock"),
        ("h", "on a clock of its own"),
    ] {
        let mut i = ingest();
        assert_eq!(send(&mut i, "v", 0, unix).unwrap().time, MediaTime::ZERO);
        for n in 0..600 {
            let a = send(&mut i, sound, n, unix - 60_000_000 + n as i64 * 100_000).unwrap();
            let expected = MediaTime::from_ms(-60_000 + n as i64 * 100);
            assert_eq!((a.time, a.clock_jump), (expected, None), "{what}");
        }
        assert_eq!(i.present(), MediaTime::ZERO, "{what}");
        let v = send(&mut i, "v", 1, unix + 40_000).unwrap();
        assert_eq!((v.time, v.epoch), (MediaTime::from_ms(40), 0), "{what}");
        let a = send(&mut i, sound, 600, unix).unwrap();
        assert_eq!((a.time, a.epoch), (MediaTime::ZERO, 0), "{what}");
    }
    // The burst first: it begins the session, and the pictures are a minute into it.
    let mut i = ingest();
    assert_eq!(
        send(&mut i, "h", 0, unix - 60_000_000).unwrap().time,
        MediaTime::ZERO
    );
    assert!(send(&mut i, "h", 1, unix - 59_900_000).is_ok());
    let v = send(&mut i, "v", 0, unix).unwrap();
    assert_eq!(v.time, MediaTime::from_ms(60_000));
    // Two minutes are the most; what lies before is refused by field.
    let mut i = ingest();
    assert!(send(&mut i, "v", 0, unix).is_ok());
    let e: FieldError = send(&mut i, "a", 0, unix - 121_000_000).unwrap_err().into();
    assert_eq!(e.field, "media.capture_time_us");
    // A clock that reads like no other starts at the present, and nothing is known of it.
    assert_eq!(i.clock_source(&track_id("h")), ClockSource::Platform);
    let h = send(&mut i, "h", 0, 7_000_000_000_000).unwrap();
    assert_eq!((h.time, h.unrelated), (MediaTime::ZERO, true));
    assert_eq!(i.clock_source(&track_id("h")), ClockSource::Unknown);
    let h = send(&mut i, "h", 1, 7_000_000_100_000).unwrap();
    assert_eq!((h.time, h.unrelated), (MediaTime::from_ms(100), false));
}

#[test]
fn codecs_may_send_pictures_in_another_order_than_they_are_shown() {
    let mut s = spec();
    let v = s.tracks[0].video.as_mut().unwrap();
    v.format = VideoFormat::H264AnnexB;
    let mut i = Ingest::new(&s, &Limits::new(|_| Ok(()), |_| Ok(())));
    let order = [0, 120, 40, 80, 240, 160, 200, 280];
    for (n, ms) in order.into_iter().enumerate() {
        let a = send(&mut i, "v", n as u64, ms * 1_000).unwrap();
        assert_eq!(
            (a.time, a.epoch, a.clock_jump),
            (MediaTime::from_ms(ms), 0, None)
        );
    }
    assert_eq!(i.present(), MediaTime::from_ms(280));
    assert!(matches!(
        send(&mut i, "v", 8, 280_000),
        Err(Refusal::TimeRepeats(_))
    ));
    // More than 2 s back is no order of pictures; raw pictures have none.
    let mut i = Ingest::new(&s, &Limits::new(|_| Ok(()), |_| Ok(())));
    assert!(send(&mut i, "v", 0, 9_000_000).is_ok());
    let r = send(&mut i, "v", 1, 6_900_000);
    assert!(matches!(r, Err(Refusal::TimeGoesBack { .. })));
    let mut i = ingest();
    assert!(send(&mut i, "v", 0, 120_000).is_ok());
    let r = send(&mut i, "v", 1, 40_000);
    assert!(matches!(r, Err(Refusal::TimeGoesBack { .. })));
}

proptest! {
    /// Whatever is sent, accepted times rise on each track and stay within bounds.
    #[test]
    fn accepted_times_rise(
        chunks in proptest::collection::vec(
            (0usize..3, 0u64..40, prop_oneof![
                0i64..60_000_000,
                any::<i64>(),
                Just(1_700_000_000_000_000i64),
            ], 0u32..3),
            1..60,
        ),
    ) {
        let mut i = ingest();
        let mut last = [None; 3];
        let l = layout();
        for (which, sequence, us, epoch) in chunks {
            let id = ["v", "a", "h"][which];
            let chunk = Chunk {
                sequence,
                capture_time_us: us,
                payload: if which == 0 { &PICTURE } else { &SOUND },
                layout: Some(&l),
                epoch,
            };
            if let Ok(a) = i.accept(&track_id(id), &chunk) {
                if let Some((time, before)) = last[which].replace((a.time, a.epoch)) {
                    prop_assert!(a.time > time && a.epoch >= before);
                }
                prop_assert!(a.time.0 <= limits().max_session_ns);
            }
        }
    }
}
