package widget

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"coapscope/ui/view"
)

// Mode says which variant the theme shows.
type Mode uint8

// The modes. The zero value follows the desktop's own setting.
const (
	FollowSystem Mode = iota
	Dark
	Light
)

// zoomSteps are the factors that Zoomed goes through.
var zoomSteps = [...]float32{0.7, 0.8, 0.9, 1, 1.1, 1.25, 1.5, 1.75, 2}

// Theme is the look of the window: dense sizes, the colours of [Palette], the toolkit's own fonts. It is immutable;
// to change the mode or the zoom, set another one: app.Settings().SetTheme(t.Zoomed(1)).
type Theme struct {
	fyne.Theme
	mode Mode
	zoom float32
}

// NewTheme returns a theme of that mode. A zoom outside 0.5 to 3 is taken as 1.
func NewTheme(mode Mode, zoom float32) *Theme {
	if !(zoom >= 0.5 && zoom <= 3) {
		zoom = 1
	}
	return &Theme{Theme: theme.DefaultTheme(), mode: mode, zoom: zoom}
}

// Mode returns the mode that the theme was made with.
func (t *Theme) Mode() Mode { return t.mode }

// Zoom returns the factor by which every length is multiplied.
func (t *Theme) Zoom() float32 { return t.zoom }

// WithMode returns the same theme in another mode.
func (t *Theme) WithMode(mode Mode) *Theme { return NewTheme(mode, t.zoom) }

// Zoomed returns the theme one step larger (step > 0) or smaller (step < 0), or back at 1 (step 0). At the ends it
// stays as it is.
func (t *Theme) Zoomed(step int) *Theme {
	switch {
	case step == 0:
		return NewTheme(t.mode, 1)
	case step > 0:
		for _, z := range zoomSteps {
			if z > t.zoom+0.01 {
				return NewTheme(t.mode, z)
			}
		}
	default:
		for i := len(zoomSteps) - 1; i >= 0; i-- {
			if zoomSteps[i] < t.zoom-0.01 {
				return NewTheme(t.mode, zoomSteps[i])
			}
		}
	}
	return t
}

// variant returns the variant to show when the desktop asks for system.
func (t *Theme) variant(system fyne.ThemeVariant) fyne.ThemeVariant {
	switch t.mode {
	case Dark:
		return theme.VariantDark
	case Light:
		return theme.VariantLight
	default:
		return system
	}
}

// Palette returns the colours shown when the desktop asks for variant.
func (t *Theme) Palette(variant fyne.ThemeVariant) *Palette { return PaletteOf(t.variant(variant)) }

// Color implements fyne.Theme.
func (t *Theme) Color(name fyne.ThemeColorName, variant fyne.ThemeVariant) color.Color {
	variant = t.variant(variant)
	p := PaletteOf(variant)
	switch name {
	case theme.ColorNameBackground:
		return p.Ground
	case theme.ColorNameButton, theme.ColorNameDisabledButton, theme.ColorNameMenuBackground, theme.ColorNameOverlayBackground,
		theme.ColorNameHeaderBackground:
		return p.Raised
	case theme.ColorNameInputBackground:
		return p.Ground
	case theme.ColorNameInputBorder, theme.ColorNameSeparator, theme.ColorNameInnerWindowBorder:
		return p.Line
	case theme.ColorNameForeground:
		return p.text[view.Plain]
	case theme.ColorNamePlaceHolder, theme.ColorNameDisabled:
		return p.text[view.Faint]
	case theme.ColorNamePrimary, theme.ColorNameHyperlink:
		return p.text[view.Accent]
	case theme.ColorNameFocus:
		return withAlpha(p.text[view.Accent], percent(35))
	case theme.ColorNameSelection:
		return withAlpha(p.text[view.Accent], percent(30))
	case theme.ColorNameHover, theme.ColorNamePressed:
		return p.Hover
	case theme.ColorNameScrollBar:
		return p.Scroll
	case theme.ColorNameScrollBarBackground:
		return color.Transparent
	case theme.ColorNameShadow:
		return p.Shadow
	case theme.ColorNameError:
		return p.text[view.Error]
	case theme.ColorNameSuccess:
		return p.text[view.Good]
	case theme.ColorNameWarning:
		return p.text[view.Warning]
	case theme.ColorNameForegroundOnPrimary, theme.ColorNameForegroundOnError, theme.ColorNameForegroundOnSuccess,
		theme.ColorNameForegroundOnWarning:
		return p.OnFilled
	}
	return t.Theme.Color(name, variant)
}

// sizes are the lengths of the theme at zoom 1, in logical units.
var sizes = map[fyne.ThemeSizeName]float32{
	theme.SizeNameText: 13, theme.SizeNameCaptionText: 11, theme.SizeNameSubHeadingText: 15, theme.SizeNameHeadingText: 18,
	theme.SizeNameInnerPadding: 6, theme.SizeNamePadding: 3, theme.SizeNameLineSpacing: 3, theme.SizeNameInlineIcon: 15,
	theme.SizeNameScrollBar: 10, theme.SizeNameScrollBarSmall: 4, theme.SizeNameScrollBarRadius: 4,
	theme.SizeNameSeparatorThickness: 1, theme.SizeNameInputBorder: 1, theme.SizeNameInputRadius: 6,
	theme.SizeNameButtonRadius: 6, theme.SizeNameSelectionRadius: 4, theme.SizeNamePopupRadius: 8, theme.SizeNameMenuRadius: 8,
	theme.SizeNameDialogRadius: 10,
}

// Size implements fyne.Theme.
func (t *Theme) Size(name fyne.ThemeSizeName) float32 {
	if s, ok := sizes[name]; ok {
		if s == 1 {
			return s // hairlines stay hairlines
		}
		return s * t.zoom
	}
	return t.Theme.Size(name) * t.zoom
}

// Font implements fyne.Theme: Noto Sans and DejaVu Sans Mono, as the toolkit carries them.
func (t *Theme) Font(style fyne.TextStyle) fyne.Resource {
	switch {
	case style.Monospace:
		return theme.DefaultTextMonospaceFont()
	case style.Bold && style.Italic:
		return theme.DefaultTextBoldItalicFont()
	case style.Bold:
		return theme.DefaultTextBoldFont()
	case style.Italic:
		return theme.DefaultTextItalicFont()
	case style.Symbol:
		return theme.DefaultSymbolFont()
	default:
		return theme.DefaultTextFont()
	}
}

// CurrentTheme returns the theme that the application shows. Under another theme, or without an application, that is
// one which follows the system at zoom 1.
func CurrentTheme() *Theme {
	if app := fyne.CurrentApp(); app != nil {
		if t, ok := app.Settings().Theme().(*Theme); ok {
			return t
		}
	}
	return fallbackTheme
}

var fallbackTheme = NewTheme(FollowSystem, 1)

// CurrentPalette returns the colours that the application shows.
func CurrentPalette() *Palette {
	variant := theme.VariantDark
	if app := fyne.CurrentApp(); app != nil {
		variant = app.Settings().ThemeVariant()
	}
	return CurrentTheme().Palette(variant)
}

// zoom returns the factor from logical units to the toolkit's units.
func zoom() float32 { return CurrentTheme().zoom }
