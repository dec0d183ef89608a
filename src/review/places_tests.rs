//! Layouts as platforms record them, as boxes.

use super::*;

/// A face of side `s` around a point.
fn face(x: f32, y: f32, s: f32) -> FaceBox {
    [x - s / 2.0, y - s / 2.0, x + s / 2.0, y + s / 2.0]
}

/// A look every two seconds.
fn looks(faces: impl Fn(i64) -> Vec<FaceBox>, seconds: i64) -> Vec<Look> {
    let at = |i: i64| Look {
        time: MediaTime::from_ms(2_000 * i),
        faces: faces(2 * i),
    };
    (0..seconds / 2).map(at).collect()
}

fn contains(r: &Region, x: f32, y: f32) -> bool {
    (r.x..=r.x + r.width).contains(&x) && (r.y..=r.y + r.height).contains(&y)
}

#[test]
fn one_person_alone_has_the_whole_picture() {
    // They lean from side to side, and are not found in every picture.
    let move_about = |s: i64| match s % 10 {
        0 => vec![],
        s => vec![face(0.45 + 0.02 * s as f32, 0.5, 0.25)],
    };
    let found = places(&looks(move_about, 120));
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((found[0].cell, found[0].switches.len()), (None, 0));
    assert!(places(&[]).is_empty());
    assert!(places(&looks(|_| vec![], 60)).is_empty());
}

#[test]
fn a_gallery_is_divided_between_its_faces() {
    let four = [(0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75)];
    let all = |_| four.iter().map(|(x, y)| face(*x, *y, 0.15)).collect();
    let found = places(&looks(all, 60));
    assert_eq!(found.len(), 4);
    for place in &found {
        let cell = place.cell.unwrap();
        cell.validate().unwrap();
        let held: Vec<_> = four
            .iter()
            .filter(|(x, y)| contains(&cell, *x, *y))
            .collect();
        assert_eq!(held.len(), 1, "{cell:?}");
        assert!(cell.width > 0.3 && cell.height > 0.3, "{cell:?}");
        assert!(place.switches.is_empty());
    }
}

#[test]
fn a_small_picture_in_a_large_one_is_a_place_of_its_own() {
    let both = |_| vec![face(0.4, 0.5, 0.4), face(0.9, 0.1, 0.08)];
    let found = places(&looks(both, 60));
    assert_eq!(found.len(), 2);
    let cells: Vec<Region> = found.iter().map(|p| p.cell.unwrap()).collect();
    assert!(contains(&cells[0], 0.4, 0.5) && !contains(&cells[0], 0.9, 0.1));
    assert!(contains(&cells[1], 0.9, 0.1) && !contains(&cells[1], 0.4, 0.5));
}

#[test]
fn a_place_rests_while_another_layout_lies_across_it() {
    // Side by side, then 20 s of one large picture, then side by side again.
    let layout = |s: i64| match s {
        40..60 => vec![face(0.5, 0.5, 0.5)],
        _ => vec![face(0.25, 0.5, 0.15), face(0.75, 0.5, 0.15)],
    };
    let found = places(&looks(layout, 100));
    assert_eq!(found.len(), 3);
    let ms = |t: i64| MediaTime::from_ms(t);
    for place in &found[..2] {
        assert_eq!(place.switches, [(ms(38_000), false), (ms(60_000), true)]);
        assert!((place.seconds - 80.0).abs() < 1.0, "{}", place.seconds);
    }
    // The large picture has the screen for itself, and rests while the others are shown.
    let large = &found[2];
    assert_eq!(
        large.switches,
        [(ms(0), false), (ms(40_000), true), (ms(58_000), false)]
    );
}

#[test]
fn who_is_away_from_a_place_leaves_it_theirs() {
    let away = |s: i64| match s {
        20..50 => vec![face(0.75, 0.5, 0.15)],
        _ => vec![face(0.25, 0.5, 0.15), face(0.75, 0.5, 0.15)],
    };
    let found = places(&looks(away, 100));
    assert_eq!(found.len(), 2);
    assert!(
        (found[0].seconds, found[0].face[0]) > (99.0, 0.5),
        "the longest comes first"
    );
    assert!(found.iter().all(|p| p.switches.is_empty()), "{found:?}");
}

#[test]
fn rare_faces_are_no_places_and_many_are_cut() {
    let rare = |s: i64| match s {
        10 => vec![face(0.5, 0.5, 0.3), face(0.1, 0.1, 0.05)],
        _ => vec![face(0.5, 0.5, 0.3)],
    };
    assert_eq!(places(&looks(rare, 200)).len(), 1);
    let crowd = |_| {
        (0..10)
            .map(|i| face(0.05 + 0.1 * i as f32, 0.5, 0.04))
            .collect()
    };
    let found = places(&looks(crowd, 30));
    assert_eq!(found.len(), MOST_PLACES);
    assert!(
        found.windows(2).all(|w| w[0].face[0] < w[1].face[0]),
        "from the left"
    );
    // The seventh, who is not reviewed, is in nobody's cell.
    let seventh = |p: &Place| contains(&p.cell.unwrap(), 0.65, 0.5);
    assert!(!found.iter().any(seventh), "{found:?}");
}
