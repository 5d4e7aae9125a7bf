package ui

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"

	"coapscope/ui/view"
)

// record begins to record to the file of the recording before, or asks for one where there was none; or it ends the recording.
func (w *Window) record() {
	switch r := w.bench.Recording(); {
	case r.On:
		w.bench.StopRecording()
	case r.Path != "":
		w.bench.RecordOn()
	default:
		w.recordTo()
	}
}

// recordTo asks for a file, and records to it what comes from now on.
func (w *Window) recordTo() {
	if w.asking() {
		return
	}
	from := w.bench.NextLive()
	d := dialog.NewFileSave(func(file fyne.URIWriteCloser, err error) {
		if file != nil && err == nil {
			err = file.Close() // it is opened again elsewhere, to append
		}
		switch {
		case err != nil:
			w.bench.Say(view.Error, "Record: %v", err)
		case file != nil:
			w.bench.Record(file.URI().Path(), from)
		}
	}, w.window)
	d.SetTitleText("Record the live packets to")
	d.SetConfirmText("Record")
	d.SetFileName(view.SuggestedRecording(time.Now()))
	w.show(d)
}
