package ui

import (
	"io"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/storage"

	"coapscope/ui/view"
)

// RecordInto has what is observed recorded into files of a directory.
func (w *Window) RecordInto(dir string) { w.bench.RecordInto(dir) }

func (w *Window) saveWatched(name string, write func(io.Writer) error) {
	if w.asking() {
		return
	}
	d := dialog.NewFileSave(func(file fyne.URIWriteCloser, err error) {
		switch {
		case err != nil:
			w.bench.Say(view.Error, "Save: %v", err)
		case file != nil:
			w.bench.SaveWatched(file.URI().Name(), file, write)
		}
	}, w.window)
	d.SetFileName(name)
	w.show(d)
}

func (w *Window) openRecording() {
	if w.asking() {
		return
	}
	d := dialog.NewFileOpen(func(file fyne.URIReadCloser, err error) {
		switch {
		case err != nil:
			w.bench.Say(view.Error, "Open: %v", err)
		case file != nil:
			w.bench.OpenRecording(file.URI().Name(), func() (io.ReadCloser, error) { return file, nil })
		}
	}, w.window)
	d.SetFilter(storage.NewExtensionFileFilter([]string{".jsonl"}))
	if uri, err := storage.ListerForURI(storage.NewFileURI(w.bench.Watch().RecordingDir())); err == nil {
		d.SetLocation(uri)
	}
	w.show(d)
}
