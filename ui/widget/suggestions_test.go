package widget

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
)

// suggesting gives an entry in a window that suggests words with what is typed in them.
func suggesting(t *testing.T, words ...string) (*Suggestions, fyne.Window) {
	t.Helper()
	test.NewTempApp(t)
	entry := NewEntry("")
	s := NewSuggestions(entry)
	var found []string
	s.Find = func(text string, _ int) (list []Suggestion) {
		found = nil
		for _, w := range words {
			if text != "" && strings.Contains(w, text) {
				found = append(found, w)
				list = append(list, Suggestion{Text: w, About: "a word"})
			}
		}
		return list
	}
	s.Take = func(i int, _ string) (string, int) { return found[i], len(found[i]) }
	w := test.NewTempWindow(t, NewTipHost(entry))
	w.SetPadded(false)
	w.Resize(fyne.NewSize(400, 300))
	entry.Resize(fyne.NewSize(200, 30))
	w.Canvas().Focus(entry.Field())
	return s, w
}

func TestSuggestionIsTakenByMouse(t *testing.T) {
	s, w := suggesting(t, "alpha", "alphabet", "beta")
	test.Type(s.entry.Field(), "alp")
	if text := Spans(w.Canvas()).String(); !strings.Contains(text, "alpha | a word") || !strings.Contains(text, "alphabet | a word") || strings.Contains(text, "beta | ") {
		t.Fatalf("the window says\n%s", text)
	}
	second := fyne.NewPos(20, s.drop.list.RowHeight*1.5)
	s.drop.list.MouseDown(&desktop.MouseEvent{Button: desktop.MouseButtonPrimary, PointEvent: fyne.PointEvent{Position: second}})
	if s.entry.Text() != "alphabet" || s.Open() || !s.entry.Focused() {
		t.Errorf("text %q, open %t, focused %t", s.entry.Text(), s.Open(), s.entry.Focused())
	}
	if text := Spans(w.Canvas()).String(); strings.Contains(text, "a word") {
		t.Errorf("the list is still there:\n%s", text)
	}
}

func TestSuggestionsScroll(t *testing.T) {
	var words []string
	for r := 'a'; r <= 'z'; r++ {
		words = append(words, "x"+string(r))
	}
	s, w := suggesting(t, words...)
	test.Type(s.entry.Field(), "x")
	if h := s.drop.Size().Height; h > 300 {
		t.Errorf("the list is %v high", h)
	}
	for range 40 {
		s.entry.Field().TypedKey(&fyne.KeyEvent{Name: fyne.KeyDown})
	}
	if text := Spans(w.Canvas()).String(); !strings.Contains(text, "xz | a word") || strings.Contains(text, "xa |") {
		t.Errorf("the last is chosen; the window says\n%s", text)
	}
	s.entry.Field().TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	if s.entry.Text() != "xz" {
		t.Errorf("text %q", s.entry.Text())
	}
}

func TestSuggestionsGoWithTheFocus(t *testing.T) {
	s, w := suggesting(t, "alpha")
	test.Type(s.entry.Field(), "al")
	if !s.Open() {
		t.Fatal("no suggestions")
	}
	s.entry.Field().TypedKey(&fyne.KeyEvent{Name: fyne.KeyLeft})
	if s.Open() {
		t.Error("the list is that of another place of the cursor")
	}
	test.Type(s.entry.Field(), "p")
	s.entry.SetText("al")
	if !s.Open() {
		t.Fatal("no suggestions")
	}
	w.Canvas().Unfocus()
	if s.Open() {
		t.Error("the list is open without the focus")
	}
	s.entry.SetText("alp")
	if s.Open() {
		t.Error("a text that was set opens a list")
	}
}

func TestOverlayIsClosedByAClickBeside(t *testing.T) {
	test.NewTempApp(t)
	w := test.NewTempWindow(t, NewTipHost(NewEntry("")))
	w.Resize(fyne.NewSize(800, 600))
	hidden := 0
	o := NewOverlay(NewEntry("within"), fyne.NewSize(300, 200))
	o.OnHide = func() { hidden++ }
	o.ShowOn(w.Canvas())
	w.Canvas().Capture()
	if size := o.frame.Size(); size.Width != 300 || size.Height != 200 {
		t.Errorf("the frame is %v", size)
	}
	o.Tapped(&fyne.PointEvent{Position: o.frame.Position().AddXY(5, 5)})
	if hidden != 0 {
		t.Error("a click within has closed it")
	}
	o.Tapped(&fyne.PointEvent{Position: fyne.NewPos(2, 2)})
	if o.Hide(); hidden != 1 || w.Canvas().Overlays().Top() != nil {
		t.Errorf("hidden %d times", hidden)
	}
}
