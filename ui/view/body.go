package view

import (
	"fmt"
	"os"

	"coapscope/session"
)

// readBody has the body of a request come from a file, block by block, so that it may have any size; nothing for no
// name. done closes the file. It waits for the disk, so it is not for the window's goroutine.
func readBody(r *session.Request, name string) (done func(), err error) {
	if name == "" {
		return func() {}, nil
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is not a file that can be read to its end", name)
	}
	if err != nil {
		file.Close()
		return nil, err
	}
	r.Body, r.BodySize = file, info.Size()
	return func() { file.Close() }, nil
}
