package widget

import (
	"fmt"
	"strings"
	"testing"

	"fyne.io/fyne/v2"

	"coapscope/ui/view"
)

// foldable is a tree of two devices whose rows follow the folds.
func foldable() (*Tree, map[string]bool) {
	open := map[string]bool{"a": true}
	t := NewTree()
	set := func() {
		rows := []Row{
			{ID: "head", Kind: HeadingRow, Text: "DEVICES", Right: "+ add", RightConcept: view.Accent},
			{ID: "a", Text: "node", Bold: true, Foldable: true, Open: open["a"], Right: "12 ms", RightConcept: view.Good},
		}
		if open["a"] {
			rows = append(rows,
				Row{Kind: SubtitleRow, Text: "127.0.0.1:5683"},
				Row{ID: "a/1", Depth: 1, Text: "temp", Marks: []Mark{{Sign: SignObservable}}, Right: "21.4"},
				Row{ID: "a/2", Depth: 1, Text: "log", Marks: []Mark{{Sign: SignBlock, Text: "48 KiB"}}})
		}
		rows = append(rows, Row{ID: "b", Text: "meter", Foldable: true, Open: open["b"]})
		t.SetRows(rows)
	}
	t.OnFold = func(id string, on bool) { open[id] = on; set() }
	set()
	return t, open
}

func TestTreeSays(t *testing.T) {
	tree, _ := foldable()
	show(t, NewTheme(Dark, 1), tree, 260, 300)
	got := tree.Snapshot().Lines()
	want := "[DEVICES | + add node | 12 ms 127.0.0.1:5683 temp | 21.4 log | 48 KiB meter]"
	if fmt.Sprint(got) != want {
		t.Errorf("lines %v\nwant  %v", got, want)
	}
}

func TestTreeKeys(t *testing.T) {
	tree, open := foldable()
	show(t, NewTheme(Dark, 1), tree, 260, 300)
	var got []string
	tree.OnSelect = func(id string) { got = append(got, id) }
	for _, k := range []fyne.KeyName{
		fyne.KeyDown,               // a
		fyne.KeyRight,              // its first child
		fyne.KeyDown, fyne.KeyLeft, // a/2, back to a
		fyne.KeyLeft,  // folds a
		fyne.KeyDown,  // b: nothing between
		fyne.KeyRight, // opens b
		fyne.KeyHome, fyne.KeyEnd, fyne.KeyUp,
	} {
		tree.TypedKey(&fyne.KeyEvent{Name: k})
	}
	if want := "[a a/1 a/2 a b a b a]"; fmt.Sprint(got) != want {
		t.Errorf("selected %v, want %v", got, want)
	}
	if open["a"] || !open["b"] {
		t.Errorf("open: %v", open)
	}
}

func TestTreePointer(t *testing.T) {
	tree, open := foldable()
	show(t, NewTheme(Dark, 1), tree, 260, 300)
	tap := func(text string, dx float32) {
		s, ok := tree.Snapshot().Find(text)
		if !ok {
			t.Fatalf("no text %q", text)
		}
		_, y := s.Center()
		tree.Tapped(&fyne.PointEvent{Position: fyne.NewPos(s.X+dx, y)})
	}
	tap("temp", 3)
	if tree.Selected() != "a/1" {
		t.Errorf("selected %q", tree.Selected())
	}
	tap("127.0.0.1:5683", 3)
	if tree.Selected() != "a" {
		t.Errorf("a click on the subtitle selected %q, want its device", tree.Selected())
	}
	tap("node", -9) // the triangle
	if open["a"] {
		t.Error("a click on the triangle did not fold")
	}
	var action string
	tree.OnAction = func(id string) { action = id }
	tap("+ add", 3)
	if action != "head" {
		t.Errorf("action of %q", action)
	}
	if got := tree.RowText("a"); got != "node\t12 ms" {
		t.Errorf("the text of a row is %q", got)
	}
}

func TestTreeShowsWhatIsSelectedFarDown(t *testing.T) {
	tree := NewTree()
	rows := make([]Row, 50_000)
	for i := range rows {
		rows[i] = Row{ID: fmt.Sprint("r", i), Text: fmt.Sprint("row ", i)}
	}
	tree.SetRows(rows)
	tree.Select("r40000") // before there is room
	show(t, NewTheme(Dark, 1), tree, 260, 300)
	text := tree.Snapshot().String()
	if !strings.Contains(text, "row 40000\n") {
		t.Errorf("row 40000 is not in sight:\n%s", text)
	}
	if n := strings.Count(text, "\n"); n > 16 {
		t.Errorf("%d rows are drawn", n)
	}
	tree.SetRows(rows[:5])
	if text := tree.Snapshot().String(); !strings.HasPrefix(text, "row 0\n") {
		t.Errorf("fewer rows:\n%s", text)
	}
}
