package widget

import (
	"runtime"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// An entry under a theme of its own would have the toolkit read all fonts anew whenever it is drawn, and keep them.
func TestEntriesKeepNoFonts(t *testing.T) {
	box := container.NewVBox()
	w := show(t, NewTheme(Dark, 1), box, 400, 600)
	used := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	add := func(n int) {
		for range n {
			e := NewMonoEntry("address")
			e.SetText("coap://192.0.2.1/temp")
			box.RemoveAll()
			box.Add(e)
			w.Canvas().Capture()
			e.SetNote("41 of 1 204")
			w.Canvas().Capture()
		}
	}
	add(2)
	before := used()
	const more = 10
	add(more)
	if after := used(); after > before+more*200_000 {
		t.Errorf("%d entries took %d kB each", more, (after-before)/more/1000)
	}
}

func TestEntryIsCutToItsFrame(t *testing.T) {
	e := NewEntry("")
	e.SetText("a text that is much longer than there is room for in such a narrow entry")
	w := show(t, NewTheme(Dark, 1), container.NewWithoutLayout(e), 400, 200)
	e.Resize(fyne.NewSize(120, 30))
	e.Move(fyne.NewPos(20, 50))
	spans := Spans(w.Canvas())
	if len(spans) != 1 || spans[0].Y < 50 || spans[0].Y+spans[0].H > 80 {
		t.Errorf("spans %+v", spans)
	}
}
