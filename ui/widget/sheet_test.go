package widget

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"coapscope/ui/view"
)

func TestSheetHits(t *testing.T) {
	s := NewSheet(func(p *Painter) {
		p.Hit(0, 0, 100, 100, "below")
		p.Sub(10, 10, 20, 20).Hit(0, 0, 10, 10, 7)
	})
	show(t, NewTheme(Dark, 1), s, 200, 200)
	for _, c := range []struct {
		x, y float32
		want any
	}{{15, 15, 7}, {25, 15, "below"}, {99.5, 99.5, "below"}, {100, 5, nil}} {
		if got := s.HitAt(fyne.NewPos(c.x, c.y)); got != c.want {
			t.Errorf("at %v,%v: %v, want %v", c.x, c.y, got, c.want)
		}
	}
}

func TestSheetIsPaintedWhenAskedAfterARefresh(t *testing.T) {
	text := "one"
	painted := 0
	s := NewSheet(func(p *Painter) {
		painted++
		p.Text(5, 20, text, Mono(12, view.Plain))
	})
	show(t, NewTheme(Dark, 1), s, 200, 100)
	if got := s.Snapshot().String(); got != "one\n" {
		t.Errorf("says %q", got)
	}
	n := painted
	s.Snapshot()
	if painted != n {
		t.Error("painted again although nothing changed")
	}
	text = "two"
	s.Refresh()
	if got := s.Snapshot().String(); got != "two\n" {
		t.Errorf("after a refresh it says %q", got)
	}
}

func TestSheetDoubleTap(t *testing.T) {
	s := NewSheet(func(*Painter) {})
	now := time.Unix(0, 0)
	s.now = func() time.Time { return now }
	var got []bool
	s.OnTap = func(tap Tap) { got = append(got, tap.Double) }
	show(t, NewTheme(Dark, 1), s, 200, 100)
	tap := func(after time.Duration, x float32) {
		now = now.Add(after)
		s.Tapped(&fyne.PointEvent{Position: fyne.NewPos(x, 10)})
	}
	tap(0, 10)
	tap(100*time.Millisecond, 11)
	tap(100*time.Millisecond, 11) // a third is a first again
	tap(time.Second, 11)
	tap(100*time.Millisecond, 50) // elsewhere
	if want := "[false true false false false]"; fmt.Sprint(got) != want {
		t.Errorf("double %v, want %v", got, want)
	}
}

func TestShakyClickIsAClick(t *testing.T) {
	s := NewSheet(func(p *Painter) { p.Hit(0, 0, 50, 50, "id") })
	var got []any
	s.OnTap = func(tap Tap) { got = append(got, tap.Hit) }
	show(t, NewTheme(Dark, 1), s, 200, 100)
	press := func(to fyne.Position) {
		s.MouseDown(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(10, 10)}, Button: desktop.MouseButtonPrimary})
		s.Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{Position: to}})
		s.DragEnd()
	}
	press(fyne.NewPos(13, 11))
	press(fyne.NewPos(40, 11)) // this one is a drag
	if fmt.Sprint(got) != "[id]" {
		t.Errorf("taps %v, want one on id", got)
	}
}

func TestSheetWithoutKeysIsPassedOverByTab(t *testing.T) {
	s := NewSheet(func(*Painter) {})
	if !s.Disabled() {
		t.Error("a sheet without keys takes the focus")
	}
	s.OnKey = func(fyne.KeyName, fyne.KeyModifier) {}
	if s.Disabled() {
		t.Error("a sheet with keys does not take the focus")
	}
}

func TestScrollSheet(t *testing.T) {
	lines := 100
	s := NewScrollSheet(func(p *Painter) float32 {
		for i := range lines {
			p.Text(5, float32(i)*20+15, fmt.Sprint("line ", i), Mono(12, view.Plain))
		}
		return float32(lines) * 20
	})
	show(t, NewTheme(Dark, 1), s, 200, 100)
	if n := len(s.Snapshot()); n > 6 {
		t.Errorf("%d lines are in sight", n)
	}
	s.Reveal(1000, 20)
	if s.Offset() != 920 {
		t.Errorf("offset %v, want 920", s.Offset())
	}
	s.Scrolled(&fyne.ScrollEvent{Scrolled: fyne.NewDelta(0, -1e6)})
	s.Snapshot()
	if s.Offset() != 1900 {
		t.Errorf("at the end: offset %v, want 1900", s.Offset())
	}
	lines = 3
	s.Refresh()
	if got := s.Snapshot().String(); got != "line 0\nline 1\nline 2\n" || s.Offset() != 0 {
		t.Errorf("content became shorter: %q at %v", got, s.Offset())
	}
}

func TestPointerOnACutTextShowsTheWhole(t *testing.T) {
	whole := strings.Repeat("a long text ", 20)
	s := NewSheet(func(p *Painter) {
		p.TextEllipsis(10, 20, 80, whole, Sans(12, view.Plain))
		p.Text(10, 50, "short", Sans(12, view.Plain))
	})
	show(t, NewTheme(Dark, 1), s, 200, 100)
	for _, tt := range []struct {
		x, y float32
		want string
	}{{20, 16, whole[:tipColumns] + "\n"}, {20, 46, ""}, {150, 16, ""}} {
		s.pos = fyne.NewPos(tt.x, tt.y)
		if got := s.tip(); !strings.HasPrefix(got, tt.want) || (tt.want == "") != (got == "") {
			t.Errorf("at %v, %v: %q", tt.x, tt.y, got)
		}
	}
	if got := folded(strings.Repeat("x", 10_000)); len(got) > tipColumns*tipLines+20 || !strings.HasSuffix(got, " …") {
		t.Errorf("a tooltip of %d bytes", len(got))
	}
}
