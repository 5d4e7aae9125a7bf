package keep

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/adrg/xdg"
)

// Places are the folders that things are kept in. An empty Data keeps everything in memory.
type Places struct {
	Data    string // history, tabs, devices, collections and environments
	Config  string // secrets, where there is no keyring
	Keyring Keyring
}

// DefaultPlaces are those that the system has for a program's data and settings (XDG Base Directory Specification, and
// what is like it on other systems).
func DefaultPlaces() Places {
	return Places{filepath.Join(xdg.DataHome, "coapscope"), filepath.Join(xdg.ConfigHome, "coapscope"), SystemKeyring()}
}

// PlacesIn has everything in one folder, and secrets in a file there.
func PlacesIn(folder string) Places { return Places{Data: folder, Config: folder} }

// Trouble is what keeps something from being kept.
type Trouble struct {
	What string // "The history", "The open tabs"
	Err  error  // nil when it is over
}

// String says it in words.
func (t Trouble) String() string {
	if t.Err == nil {
		return t.What + ": written again"
	}
	return fmt.Sprintf("%s: %v", t.What, t.Err)
}

// Store is all that is kept.
type Store struct {
	History     *History
	Collections *Collections

	places  Places
	secrets *Secrets
	tabs    *fileWriter
	devices *fileWriter
	// devicesStay tells that the file of the devices can neither be read nor set aside, so that it must not be replaced.
	devicesStay bool
	closing     sync.Once

	mu       sync.Mutex
	told     func(Trouble)
	untold   []Trouble
	onChange func()
}

// What troubles are about.
const (
	aboutHistory = "The history"
	aboutTabs    = "The open tabs"
	aboutDevices = "The list of devices"
)

// Open opens what is kept, and gives the tabs that were open last: none where another program has the same open. It
// cannot fail: what cannot be read or written is told to [Store.Listen], and is in memory until it can be.
func Open(places Places) (*Store, Tabs) { return open(places, DefaultLimits) }

func open(places Places, limits Limits) (*Store, Tabs) {
	s := &Store{Collections: &Collections{}, places: places, secrets: &Secrets{ring: places.Keyring}}
	if places.Config != "" {
		s.secrets.path = filepath.Join(places.Config, "secrets.json")
	}
	if places.Data == "" {
		s.History = openHistory("", limits, s.trouble(aboutHistory), s.changed)
		return s, Tabs{}
	}
	s.History = openHistory(filepath.Join(places.Data, "history.db"), limits, s.trouble(aboutHistory), s.changed)
	if entries, err := os.ReadDir(places.Data); err == nil {
		for _, e := range entries {
			sweep(places.Data, e, time.Now())
		}
	}
	path := filepath.Join(places.Data, "tabs.json")
	var tabs Tabs
	if s.History.Mine() {
		var err error
		if tabs, err = readTabs(path); err != nil {
			s.trouble(aboutTabs)(err)
		}
	}
	s.tabs = newFileWriter(path, gathering, s.History.Mine, s.trouble(aboutTabs))
	s.devices = newFileWriter(filepath.Join(places.Data, "devices.json"), gatheringDevices, s.History.Mine, s.trouble(aboutDevices))
	return s, tabs
}

// Root is the folder of the collections.
func (s *Store) Root() string { return filepath.Join(s.places.Data, "collections") }

// Kept tells whether anything is kept beyond this run.
func (s *Store) Kept() bool { return s.places.Data != "" }

// SecretsPlace says where the values of secrets are.
func (s *Store) SecretsPlace() string {
	switch {
	case s.secrets.InKeyring():
		return "the keyring of the system"
	case s.secrets.path == "":
		return "memory"
	}
	return s.secrets.path
}

// Listen has troubles told, also those from before, and changes of the history. Both are called on any goroutine, and
// must return at once.
func (s *Store) Listen(trouble func(Trouble), changed func()) {
	s.mu.Lock()
	s.told, s.onChange = trouble, changed
	untold := s.untold
	s.untold = nil
	s.mu.Unlock()
	for _, t := range untold {
		trouble(t)
	}
}

func (s *Store) trouble(what string) func(error) {
	return func(err error) {
		t := Trouble{what, err}
		s.mu.Lock()
		told := s.told
		if told == nil {
			s.untold = append(s.untold, t)
		}
		s.mu.Unlock()
		if told != nil {
			told(t)
		}
	}
}

func (s *Store) changed() {
	s.mu.Lock()
	f := s.onChange
	s.mu.Unlock()
	if f != nil {
		f()
	}
}

// SaveTabs has the tabs be those that are open at the next start. It returns at once; they must not be changed any more.
func (s *Store) SaveTabs(t Tabs) {
	if s.tabs != nil {
		s.tabs.save(t.marshal)
	}
}

// Close writes what is not durable yet and closes everything.
func (s *Store) Close() {
	s.closing.Do(func() {
		if s.tabs != nil {
			s.tabs.close() // before the history, which has the lock
			s.devices.close()
		}
		s.History.Close()
	})
}
