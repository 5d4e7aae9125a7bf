package panel

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2/test"

	"coapscope/ui/view"
	"coapscope/ui/widget"
)

// What is to be said has room before figures that only tell how much there is.
func TestStatusMakesRoom(t *testing.T) {
	test.NewTempApp(t)
	items := []view.StatusItem{
		{Text: "lo", Concept: view.Good, Dot: true},
		{Text: "1 exchange open", Concept: view.Warning},
		{Text: "tokens 3", Concept: view.Dim},
		{Text: "rx 4  tx 5", Concept: view.Dim},
		{Text: "✖ lost 7", Concept: view.Error},
		{Text: "log 9 B", Concept: view.Dim},
	}
	g, _ := widget.NewImagePainter(600, 26, 1, widget.CurrentPalette())
	for _, c := range []struct {
		room float32
		want string
	}{
		{1000, "lo, 1 exchange open, tokens 3, rx 4  tx 5, ✖ lost 7, log 9 B"},
		{430, "lo, 1 exchange open, tokens 3, rx 4  tx 5, ✖ lost 7"},
		{330, "lo, 1 exchange open, tokens 3, ✖ lost 7"},
		{-50, "lo, 1 exchange open, ✖ lost 7"},
	} {
		var texts []string
		for _, item := range statusFor(g, append([]view.StatusItem(nil), items...), c.room) {
			texts = append(texts, item.Text)
		}
		if got := strings.Join(texts, ", "); got != c.want {
			t.Errorf("%v px: %s, want %s", c.room, got, c.want)
		}
	}
}
