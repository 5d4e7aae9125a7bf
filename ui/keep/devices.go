package keep

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"
)

// gatheringDevices is how long the writer of the devices waits for more: while a search runs, they are many.
const gatheringDevices = 500 * time.Millisecond

// ReadDevices has read take the list of devices as it was saved last, if there is one. Where read cannot, the file is set aside,
// and the user is told. It is called once, before [Store.SaveDevices].
func (s *Store) ReadDevices(read func(data []byte) error) {
	if s.devices == nil {
		return
	}
	data, err := os.ReadFile(s.devices.path)
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	if err == nil {
		err = read(data)
	}
	if err == nil {
		return
	}
	if s.History.Mine() { // else another program works with it
		aside, asideErr := setAside(s.devices.path)
		if asideErr == nil {
			err = &DamagedError{aside, err}
		} else {
			err = fmt.Errorf("%w; it stays as it is, and changes are not kept: %w", err, asideErr)
			s.devicesStay = true
		}
	}
	s.trouble(aboutDevices)(err)
}

// SaveDevices has the list of devices be what content gives, at the next start. It returns at once; content is called on another
// goroutine.
func (s *Store) SaveDevices(content func() ([]byte, error)) {
	if s.devices != nil && !s.devicesStay {
		s.devices.save(content)
	}
}
