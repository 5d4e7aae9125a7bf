package view

import (
	"errors"
	"io"
)

// SaveLadder writes a picture of the ladder. It returns at once; the file is closed when it is written. write is called
// on another goroutine. cut says what the picture leaves out; empty for nothing.
func (w *Workbench) SaveLadder(name, cut string, file io.WriteCloser, write func(io.Writer) error) {
	w.Say(Dim, "Writing %s …", name)
	go func() {
		err := errors.Join(write(file), file.Close())
		w.inbox.Put(nil, func() {
			switch {
			case err != nil:
				w.Say(Error, "%s could not be written: %v. Save it elsewhere.", name, err)
			case cut != "":
				w.Say(Warning, "%s written, with %s: narrow the scope or the filter for the rest", name, cut)
			default:
				w.Say(Good, "%s written", name)
			}
		})
	}()
}

// RefreshLadder has the ladder drawn again.
func (w *Workbench) RefreshLadder() { w.Changed(PartPackets) }
