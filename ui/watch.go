package ui

import (
	"io"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/storage"
)

// RecordInto has what is observed recorded into files of a directory.
func (w *Window) RecordInto(dir string) { w.bench.RecordInto(dir) }

func (w *Window) openRecording() {
	filter := storage.NewExtensionFileFilter([]string{".jsonl"})
	w.openFile(filter, w.bench.Watch().RecordingDir(), func(file fyne.URIReadCloser) {
		w.bench.OpenRecording(file.URI().Name(), func() (io.ReadCloser, error) { return file, nil })
	})
}
