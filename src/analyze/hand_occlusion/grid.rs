//! Sets of cells of a hand scene: 64 x 64 bits, each cell 2 x 2 pixels of the scene.

use crate::core::SCENE_PX;

/// Cells on a side.
pub(super) const CELLS: usize = 64;
/// Scene pixels on a cell's side.
pub(super) const CELL_PX: usize = SCENE_PX / CELLS;

/// A set of cells; row by row, the lowest bit is the leftmost column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Grid([u64; CELLS]);

impl Default for Grid {
    fn default() -> Self {
        Self([0; CELLS])
    }
}

impl Grid {
    /// The cells of which `holds` says so, by column and row.
    pub(super) fn of(holds: impl Fn(usize, usize) -> bool) -> Self {
        let row = |y: usize| (0..CELLS).fold(0u64, |bits, x| bits | u64::from(holds(x, y)) << x);
        Self(std::array::from_fn(row))
    }

    /// All cells.
    pub(super) fn full() -> Self {
        Self([u64::MAX; CELLS])
    }

    /// Cells whose mean over a plane of [`SCENE_PX`] squared values reaches `least`.
    pub(super) fn above(plane: &[u8], least: u32) -> Self {
        let at = |x: usize, y: usize| u32::from(plane.get(y * SCENE_PX + x).copied().unwrap_or(0));
        Self::of(|x, y| {
            let (x, y) = (x * CELL_PX, y * CELL_PX);
            at(x, y) + at(x + 1, y) + at(x, y + 1) + at(x + 1, y + 1) >= 4 * least
        })
    }

    /// Cells whose centre lies inside a polygon with corners in 0 to 1 of the scene (even-odd rule).
    pub(super) fn polygon(corners: &[[f32; 2]]) -> Self {
        let inside = |px: f32, py: f32| {
            let next = corners.iter().cycle().skip(1);
            let crosses = |(a, b): (&[f32; 2], &[f32; 2])| {
                (a[1] > py) != (b[1] > py)
                    && px < (b[0] - a[0]) * (py - a[1]) / (b[1] - a[1]) + a[0]
            };
            corners.iter().zip(next).filter(|p| crosses(*p)).count() % 2 == 1
        };
        Self::of(|x, y| inside(centre(x), centre(y)))
    }

    /// Cells whose centre lies inside a box x0, y0, x1, y1 in 0 to 1 of the scene.
    pub(super) fn rectangle(b: [f32; 4]) -> Self {
        let within = |v: f32, low: f32, high: f32| v >= low && v < high;
        Self::of(|x, y| within(centre(x), b[0], b[2]) && within(centre(y), b[1], b[3]))
    }

    pub(super) fn count(&self) -> u32 {
        self.0.iter().map(|r| r.count_ones()).sum()
    }

    pub(super) fn and(&self, o: &Self) -> Self {
        self.zip(o, |a, b| a & b)
    }

    pub(super) fn or(&self, o: &Self) -> Self {
        self.zip(o, |a, b| a | b)
    }

    pub(super) fn without(&self, o: &Self) -> Self {
        self.zip(o, |a, b| a & !b)
    }

    fn zip(&self, o: &Self, f: impl Fn(u64, u64) -> u64) -> Self {
        let mut out = Self::default();
        for ((out, a), b) in out.0.iter_mut().zip(&self.0).zip(&o.0) {
            *out = f(*a, *b);
        }
        out
    }

    /// All cells `dx` columns to the right and `dy` rows down; what leaves the scene is lost.
    pub(super) fn shifted(&self, dx: i32, dy: i32) -> Self {
        let mut out = Self::default();
        for (y, row) in out.0.iter_mut().enumerate() {
            let from = y as i64 - i64::from(dy);
            let bits = usize::try_from(from).ok().and_then(|i| self.0.get(i)).copied();
            *row = side(bits.unwrap_or(0), dx);
        }
        out
    }

    /// The cells and their neighbours at most `by` columns and rows away.
    pub(super) fn grown(&self, by: u32) -> Self {
        (0..by).fold(*self, |g, _| {
            let wide = g.zip(&g, |r, _| r | r << 1 | r >> 1);
            wide.or(&wide.shifted(0, 1)).or(&wide.shifted(0, -1))
        })
    }

    /// The cells all of whose neighbours at most `by` away are in the set; the scene's border counts
    /// as outside it.
    pub(super) fn shrunk(&self, by: u32) -> Self {
        let all = Self::full();
        let framed = all.without(self).or(&Self::border());
        all.without(&framed.grown(by)).and(self)
    }

    fn border() -> Self {
        let ends = |i: usize| i == 0 || i == CELLS - 1;
        Self::of(|x, y| ends(x) || ends(y))
    }

    /// Mean column of the cells in 0 to 1 of the scene.
    pub(super) fn mean_x(&self) -> Option<f64> {
        let (mut sum, mut n) = (0.0, 0u32);
        self.each(|x, _| {
            sum += f64::from(centre(x));
            n += 1;
        });
        (n > 0).then(|| sum / f64::from(n))
    }

    /// Calls `see` with column and row of each cell.
    pub(super) fn each(&self, mut see: impl FnMut(usize, usize)) {
        for (y, row) in self.0.iter().enumerate() {
            let mut bits = *row;
            while bits != 0 {
                see(bits.trailing_zeros() as usize, y);
                bits &= bits - 1;
            }
        }
    }
}

fn side(bits: u64, dx: i32) -> u64 {
    let by = dx.unsigned_abs();
    match (by < 64, dx >= 0) {
        (false, _) => 0,
        (true, true) => bits << by,
        (true, false) => bits >> by,
    }
}

/// Centre of a column or row in 0 to 1 of the scene.
pub(super) fn centre(i: usize) -> f32 {
    (i as f32 + 0.5) / CELLS as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_are_filled_moved_grown_and_shrunk() {
        let square = Grid::rectangle([0.25, 0.25, 0.5, 0.5]);
        assert_eq!(square.count(), 256);
        let same = Grid::polygon(&[[0.25, 0.25], [0.5, 0.25], [0.5, 0.5], [0.25, 0.5]]);
        assert_eq!(same, square);
        assert!((square.mean_x().unwrap() - 0.375).abs() < 1e-9);
        let moved = square.shifted(8, -4);
        assert!((moved.mean_x().unwrap() - 0.5).abs() < 1e-9 && moved.count() == 256);
        assert_eq!(square.shifted(-20, 0).count(), 12 * 16, "cut at the border");
        assert_eq!(square.shifted(64, 0).count(), 0);
        assert_eq!(square.grown(1).count(), 18 * 18);
        assert_eq!(square.shrunk(2).count(), 12 * 12);
        assert_eq!(square.shrunk(2).grown(2), square);
        assert_eq!(Grid::default().mean_x(), None);
    }

    #[test]
    fn planes_are_read_by_the_mean_of_a_cell() {
        let mut plane = vec![0u8; SCENE_PX * SCENE_PX];
        plane[SCENE_PX * 6 + 10] = 255;
        plane[SCENE_PX * 7 + 11] = 255;
        assert_eq!(Grid::above(&plane, 127).count(), 1);
        assert_eq!(Grid::above(&plane, 128).count(), 0);
        assert_eq!(Grid::above(&[], 1).count(), 0);
    }
}
