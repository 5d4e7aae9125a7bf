package payload

import (
	"bytes"
	"compress/flate"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
)

// undo undoes a content coding, within what is left. The note says how much came of it, or why nothing did.
//
// "deflate" is the zlib format (RFC 9110 §8.4.1.2), but senders are known that leave its header out, so that a bare
// stream (RFC 1951) is read too, and said to be one.
func undo(coding string, data []byte, left *allowance) (out []byte, note string, cut, ok bool) {
	switch {
	case coding != "deflate":
		return nil, "content coding " + coding + " is shown as it is", false, false
	case len(data) == 0:
		return nil, "empty, where deflate has at least a header", false, false
	}
	form := ""
	r, err := zlib.NewReader(bytes.NewReader(data))
	if err == nil {
		out, err = inflate(r, left.bytes)
	}
	if len(out) == 0 && err != nil && !errors.Is(err, errFull) {
		bare, bareErr := inflate(flate.NewReader(bytes.NewReader(data)), left.bytes)
		if bareErr == nil || errors.Is(bareErr, errFull) {
			out, err = bare, bareErr
			form = ", a bare deflate stream without the header of zlib (RFC 1950 §2.2)"
		}
	}
	left.bytes -= len(out)
	note = fmt.Sprintf("inflated from %d to %s%s", len(data), bytesOf(len(out)), form)
	switch {
	case errors.Is(err, errFull):
		note += ", and there is more that is not shown"
	case err != nil && len(out) == 0:
		return nil, fmt.Sprintf("not inflated: %v (RFC 1950)", err), false, false
	case err != nil:
		note += fmt.Sprintf(", up to a mistake: %v (RFC 1950)", err)
	}
	return out, note, errors.Is(err, errFull), true
}

// errFull says that there is more than may be read.
var errFull = errors.New("more than may be inflated")

// inflate reads at most limit bytes. With an error it gives what it read.
func inflate(r io.Reader, limit int) ([]byte, error) {
	var out bytes.Buffer
	n, err := io.Copy(&out, io.LimitReader(r, int64(limit)))
	if err == nil && n == int64(limit) {
		if m, _ := io.ReadFull(r, make([]byte, 1)); m > 0 {
			err = errFull
		}
	}
	return out.Bytes(), err
}
