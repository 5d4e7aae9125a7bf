package ui

import (
	"io"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/storage"

	"coapscope/ui/view"
)

// asking tells whether a dialog is open, so that a key does not open another over it.
func (w *Window) asking() bool { return w.window.Canvas().Overlays().Top() != nil }

func (w *Window) show(d *dialog.FileDialog) {
	w.dialog = d
	d.SetOnClosed(func() { w.dialog = nil })
	d.Show()
	d.Resize(w.window.Canvas().Size().SubtractWidthHeight(200, 120)) // which needs what Show has made
}

// openFile asks for a file, at first in that directory, "" for the usual one, and hands it to take, which closes it.
func (w *Window) openFile(filter storage.FileFilter, dir string, take func(fyne.URIReadCloser)) {
	if w.asking() {
		return
	}
	d := dialog.NewFileOpen(func(file fyne.URIReadCloser, err error) {
		switch {
		case err != nil:
			w.bench.Say(view.Error, "Open: %v", err)
		case file != nil:
			take(file)
		}
	}, w.window)
	d.SetFilter(filter)
	if dir != "" {
		if uri, err := storage.ListerForURI(storage.NewFileURI(dir)); err == nil {
			d.SetLocation(uri)
		}
	}
	w.show(d)
}

// saveFile asks for a file to be written, suggests its name, and hands it to take, which closes it. What is being done
// begins the word on a failure.
func (w *Window) saveFile(doing, name string, take func(fyne.URIWriteCloser)) {
	if w.asking() {
		return
	}
	d := dialog.NewFileSave(func(file fyne.URIWriteCloser, err error) {
		switch {
		case err != nil:
			w.bench.Say(view.Error, "%s: %v", doing, err)
		case file != nil:
			take(file)
		}
	}, w.window)
	d.SetFileName(name)
	w.show(d)
}

// saveWritten asks for the file that write fills, on another goroutine.
func (w *Window) saveWritten(name string, write func(io.Writer) error) {
	w.saveFile("Save", name, func(file fyne.URIWriteCloser) { w.bench.SaveWritten(file.URI().Name(), file, write) })
}
