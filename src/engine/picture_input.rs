//! How a net of one's own wants its pictures, as the manifest says.

use super::InputSpec;

/// Largest side of a picture input; a manifest cannot ask for gigabytes.
const MOST_PX: u32 = 1024;

/// A picture input: size, colour order and normalisation.
///
/// Tracking and signals make pictures as red, green and blue planes with `(v / 255 - 0.5) / 0.5`,
/// as the shipped nets were fitted; [`PictureInput::convert`] turns these into what the net wants.
#[derive(Debug, Clone, PartialEq)]
pub struct PictureInput {
    /// Name of the graph input.
    pub name: String,
    /// Width in pixels.
    pub width: usize,
    /// Height in pixels.
    pub height: usize,
    /// Kind of the crop, as `native_square`.
    pub crop_kind: Option<String>,
    /// Scale of the crop.
    pub crop_scale: Option<f64>,
    mean: [f32; 3],
    std: [f32; 3],
    bgr: bool,
}

// === impl PictureInput ===

impl PictureInput {
    /// Reads a declared input.
    ///
    /// # Errors
    /// What is wrong with it, naming the field and what was expected.
    pub fn read(spec: &InputSpec) -> Result<Self, String> {
        let wrong = |what: String| Err(format!("input {}.{what}", spec.name));
        if spec.layout != "NCHW" {
            return wrong(format!("layout: found {}, expected NCHW", spec.layout));
        }
        let bgr = match spec.color.as_deref() {
            Some("RGB") => false,
            Some("BGR") => true,
            other => return wrong(format!("color: found {other:?}, expected RGB or BGR")),
        };
        let side = |field: &str, v: Option<u32>| match v {
            Some(px) if (1..=MOST_PX).contains(&px) => Ok(px as usize),
            found => Err(format!(
                "input {}.{field}: found {found:?}, expected 1 to {MOST_PX} pixels",
                spec.name
            )),
        };
        let (width, height) = (side("width", spec.width)?, side("height", spec.height)?);
        let three = |field: &str, v: &Option<super::PerChannel>| {
            let all: Option<Vec<f32>> = (0..3).map(|c| v.as_ref().and_then(|v| v.get(c))).collect();
            match all.as_deref() {
                Some(&[a, b, c]) => Ok([a, b, c]),
                _ => Err(format!(
                    "input {}.{field}: expected one number, or one for each channel",
                    spec.name
                )),
            }
        };
        let (mean, std) = (three("mean", &spec.mean)?, three("std", &spec.std)?);
        let crop = |key: &str| spec.crop.as_ref().and_then(|c| c.get(key));
        Ok(Self {
            name: spec.name.clone(),
            width,
            height,
            crop_kind: crop("kind")
                .and_then(toml::Value::as_str)
                .map(str::to_owned),
            crop_scale: crop("scale").and_then(toml::Value::as_float),
            mean,
            std,
            bgr,
        })
    }

    /// Turns three planes of `(v / 255 - 0.5) / 0.5` in the order red, green, blue into
    /// `(v / 255 - mean) / std` in the net's order; `mean` and `std` are in the net's order too.
    pub fn convert(&self, planes: &mut [f32]) {
        let plane = planes.len() / 3;
        if plane == 0 {
            return;
        }
        if self.bgr {
            let (first, rest) = planes.split_at_mut(2 * plane);
            let count = plane.min(rest.len());
            if let (Some(red), Some(blue)) = (first.get_mut(..count), rest.get_mut(..count)) {
                red.swap_with_slice(blue);
            }
        }
        if self.mean == [0.5; 3] && self.std == [0.5; 3] {
            return;
        }
        let channels = planes.chunks_exact_mut(plane);
        for ((values, mean), std) in channels.zip(self.mean).zip(self.std) {
            for v in values {
                *v = (*v * 0.5 + 0.5 - mean) / std;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "name = \"x\"\nlayout = \"NCHW\"\ncolor = \"BGR\"\nwidth = 2\nheight = 1\n\
        mean = [0.1, 0.2, 0.3]\nstd = [0.5, 1.0, 2.0]\ncrop = { kind = \"square\", scale = 1.2 }\n";

    fn read(text: &str) -> Result<PictureInput, String> {
        PictureInput::read(&toml::from_str(text).unwrap())
    }

    #[test]
    fn planes_become_what_the_net_wants() {
        let input = read(GOOD).unwrap();
        assert_eq!((input.width, input.height), (2, 1));
        assert_eq!(
            (input.crop_kind.as_deref(), input.crop_scale),
            (Some("square"), Some(1.2))
        );
        // Red 1.0 and 0.0, green 0.5, blue 0.25 of full scale.
        let mut planes = [1.0, -1.0, 0.0, 0.0, -0.5, -0.5];
        input.convert(&mut planes);
        let want = [0.3, 0.3, 0.3, 0.3, 0.35, -0.15];
        for (got, want) in planes.iter().zip(want) {
            assert!((got - want).abs() < 1e-6, "{planes:?}");
        }
        let same = GOOD.replace("BGR", "RGB").replace("[0.1, 0.2, 0.3]", "0.5");
        let same = read(&same.replace("[0.5, 1.0, 2.0]", "0.5")).unwrap();
        let mut planes = [1.0, -1.0, 0.0, 0.0, -0.5, -0.5];
        same.convert(&mut planes);
        assert_eq!(planes, [1.0, -1.0, 0.0, 0.0, -0.5, -0.5]);
    }

    #[test]
    fn faults_name_the_field() {
        for (from, to, field) in [
            ("NCHW", "NHWC", "layout"),
            ("BGR", "YUV", "color"),
            ("width = 2", "width = 100000", "width"),
            ("height = 1\n", "", "height"),
            ("[0.1, 0.2, 0.3]", "[0.1, 0.2]", "mean"),
            ("std = [0.5, 1.0, 2.0]\n", "", "std"),
        ] {
            let said = read(&GOOD.replace(from, to)).unwrap_err();
            assert!(said.contains(&format!("input x.{field}")), "{said}");
        }
    }
}
