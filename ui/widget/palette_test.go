package widget

import (
	"image/color"
	"math"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"coapscope/ui/view"
)

// lay returns an opaque colour with another one laid over it.
func lay(ground, c color.NRGBA) color.NRGBA {
	px := []uint8{ground.R, ground.G, ground.B, 0xff}
	over(px, c, uint32(c.A))
	return color.NRGBA{R: px[0], G: px[1], B: px[2], A: 0xff}
}

// contrast is the contrast ratio of WCAG 2.1 §1.4.3.
func contrast(a, b color.NRGBA) float64 {
	luminance := func(c color.NRGBA) float64 {
		part := func(v uint8) float64 {
			x := float64(v) / 255
			if x <= 0.04045 {
				return x / 12.92
			}
			return math.Pow((x+0.055)/1.055, 2.4)
		}
		return 0.2126*part(c.R) + 0.7152*part(c.G) + 0.0722*part(c.B)
	}
	la, lb := luminance(a), luminance(b)
	return (math.Max(la, lb) + 0.05) / (math.Min(la, lb) + 0.05)
}

func TestContrast(t *testing.T) {
	if got := contrast(rgb(0xffffff), rgb(0x000000)); math.Abs(got-21) > 0.01 {
		t.Fatalf("contrast of white on black is %.2f, want 21", got)
	}
	for name, p := range map[string]*Palette{"dark": &dark, "light": &light} {
		grounds := map[string]color.NRGBA{"ground": p.Ground, "panel": p.Panel, "raised": p.Raised}
		for c := view.Concept(0); c < view.ConceptCount; c++ {
			for on, ground := range grounds {
				if got := contrast(p.Text(c), ground); got < 4.5 {
					t.Errorf("%s: %v on %s: %.2f", name, c, on, got)
				}
			}
			for on, ground := range map[string]color.NRGBA{"ground": p.Ground, "panel": p.Panel} {
				for _, high := range []bool{false, true} {
					if got := contrast(p.OnTint(c, high), lay(ground, p.Tint(c, high))); got < 4.5 {
						t.Errorf("%s: %v on its tint (highlighted %v) on %s: %.2f", name, c, high, on, got)
					}
				}
			}
		}
		for _, c := range []view.Concept{view.Accent, view.Good} {
			if got := contrast(p.OnFilled, p.Text(c)); got < 4.5 {
				t.Errorf("%s: text on a chip filled with %v: %.2f", name, c, got)
			}
		}
		for _, c := range []view.Concept{view.Plain, view.Type, view.Code, view.MessageID, view.Token, view.Error} {
			if got := contrast(p.Text(c), lay(p.Ground, p.Selection)); got < 4.0 {
				t.Errorf("%s: %v on the selection: %.2f", name, c, got)
			}
		}
	}
}

func TestConceptsHaveColours(t *testing.T) {
	for _, p := range []*Palette{&dark, &light} {
		for c := view.Concept(0); c < view.ConceptCount; c++ {
			if p.Text(c).A != 0xff {
				t.Errorf("%v has no colour of text", c)
			}
			if p.Tint(c, false).A == 0 || p.Tint(c, true).A <= p.Tint(c, false).A {
				t.Errorf("%v: tints %d and %d, want the highlighted one stronger", c, p.Tint(c, false).A, p.Tint(c, true).A)
			}
		}
		if p.Text(view.ConceptCount+7) != p.Text(view.Plain) {
			t.Error("an unknown concept is not drawn as plain text")
		}
	}
}

func TestTheme(t *testing.T) {
	th := NewTheme(Light, 1)
	if got := th.Color(theme.ColorNameBackground, theme.VariantDark); got != color.Color(light.Ground) {
		t.Errorf("forced light: background %v", got)
	}
	if got := NewTheme(FollowSystem, 1).Color(theme.ColorNameBackground, theme.VariantDark); got != color.Color(dark.Ground) {
		t.Errorf("following a dark system: background %v", got)
	}
	if got := th.Zoomed(1).Size(theme.SizeNameText); math.Abs(float64(got)-14.3) > 1e-4 {
		t.Errorf("text at zoom 1.1 is %v, want 14.3", got)
	}
	if got := th.Zoomed(1).Zoomed(1).Zoomed(-1).Zoom(); got != 1.1 {
		t.Errorf("two steps up and one down: zoom %v, want 1.1", got)
	}
	if got := th.Zoomed(1).Zoomed(0).Zoom(); got != 1 {
		t.Errorf("step 0: zoom %v, want 1", got)
	}
	for range 20 {
		th = th.Zoomed(1)
	}
	if th.Zoom() != 2 || th.Mode() != Light {
		t.Errorf("at the end: zoom %v, mode %v", th.Zoom(), th.Mode())
	}
	for _, name := range []fyne.ThemeColorName{theme.ColorNamePrimary, theme.ColorNameInputBorder, theme.ColorNameSelection} {
		if th.Color(name, theme.VariantDark) == nil {
			t.Errorf("no colour %s", name)
		}
	}
	if NewTheme(Dark, 99).Zoom() != 1 {
		t.Error("an absurd zoom is taken")
	}
}
