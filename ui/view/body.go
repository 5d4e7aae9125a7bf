package view

import (
	"fmt"
	"io"
	"os"

	"coapscope/session"
	"coapscope/ui/draft"
)

// openBody opens the file that has the body of a request.
func openBody(name string) (file *os.File, size int64, err error) {
	if file, err = os.Open(name); err != nil {
		return nil, 0, err
	}
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is not a file that can be read to its end", name)
	}
	if err != nil {
		file.Close()
		return nil, 0, err
	}
	return file, info.Size(), nil
}

// readBody has the body of a request come from a file, block by block, so that it may have any size; nothing for no
// name. done closes the file. It waits for the disk, so it is not for the window's goroutine.
func readBody(r *session.Request, name string) (done func(), err error) {
	if name == "" {
		return func() {}, nil
	}
	file, size, err := openBody(name)
	if err != nil {
		return nil, err
	}
	r.Body, r.BodySize = file, size
	return func() { file.Close() }, nil
}

// FilePeek is what is known of a file that is to be sent.
type FilePeek struct {
	Head []byte // its beginning, at least a block
	Size int64
	Err  error
}

// peekLength is how much of a file is looked at: the largest block (RFC 7959 §2.2).
const peekLength = 1024

// peeks remembers the file that was looked at last.
type peeks struct {
	name  string // of the file that is asked for
	known FilePeek
	of    string // name of the file that known is of
}

// Peek gives what is known of the file that has the payload of a draft. It is looked at elsewhere: false until then, and
// the draft is drawn anew when it is known.
func (w *Workbench) Peek(b *draft.Built) (FilePeek, bool) {
	name := b.File
	switch name {
	case "":
		return FilePeek{}, true
	case w.peeks.of:
		return w.peeks.known, true
	}
	if name != w.peeks.name {
		w.peeks.name = name
		go func() {
			var p FilePeek
			var file *os.File
			if file, p.Size, p.Err = openBody(name); p.Err == nil {
				p.Head, p.Err = io.ReadAll(io.LimitReader(file, peekLength))
				file.Close()
			}
			w.inbox.Put(&w.peeks, func() {
				w.peeks.known, w.peeks.of = p, name
				w.Changed(PartDraft)
			})
		}()
	}
	return FilePeek{}, false
}
