package keep

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"sync"
	"time"

	"github.com/zalando/go-keyring"
)

// Keyring is where a system has secrets.
type Keyring interface {
	Get(service, user string) (string, error)
	Set(service, user, secret string) error
	Delete(service, user string) error
}

// SystemKeyring is the keyring of this system, if it has one.
func SystemKeyring() Keyring { return systemKeyring{} }

type systemKeyring struct{}

func (systemKeyring) Get(service, user string) (string, error) { return keyring.Get(service, user) }
func (systemKeyring) Set(service, user, secret string) error {
	return keyring.Set(service, user, secret)
}
func (systemKeyring) Delete(service, user string) error { return keyring.Delete(service, user) }

const keyringService = "coapscope"

// Secrets has the values of secret variables: in the keyring, or where there is none in a file that only the user can
// read. Its methods wait, as the keyring may ask the user for a password.
type Secrets struct {
	ring Keyring // nil for none
	path string  // of the file; empty for memory alone

	mu      sync.Mutex
	memory  map[string]string
	ringOff bool // there is no keyring
}

// patience is how long a keyring may take, which asks for a password the first time.
const patience = time.Minute

var errNoKeyring = errors.New("there is no keyring")

// try does something with the keyring; errNoKeyring where there is none.
func (s *Secrets) try(do func(Keyring) error) error {
	if s.ring == nil || s.ringOff {
		return errNoKeyring
	}
	done := make(chan error, 1)
	go func() { done <- do(s.ring) }()
	select {
	case err := <-done:
		if err != nil && !errors.Is(err, keyring.ErrNotFound) {
			s.ringOff = true // the file it is, from now on
			return errNoKeyring
		}
		return err
	case <-time.After(patience):
		s.ringOff = true
		return errNoKeyring
	}
}

func secretKey(environment, name string) string { return environment + "/" + name }

// Get gives the value of a secret; empty where it has none here, as on another machine.
func (s *Secrets) Get(environment, name string) (value string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := secretKey(environment, name)
	var fromRing string
	if s.try(func(r Keyring) (err error) { fromRing, err = r.Get(keyringService, k); return err }) == nil {
		return fromRing, nil
	}
	all, err := s.read()
	return all[k], err
}

// Set keeps the value of a secret.
func (s *Secrets) Set(environment, name, value string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := secretKey(environment, name)
	if s.try(func(r Keyring) error { return r.Set(keyringService, k, value) }) == nil {
		return s.write(k, nil) // it is not in two places
	}
	return s.write(k, &value)
}

// Delete forgets a secret.
func (s *Secrets) Delete(environment, name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := secretKey(environment, name)
	_ = s.try(func(r Keyring) error { return r.Delete(keyringService, k) })
	_ = s.write(k, nil)
}

// InKeyring tells whether secrets go to the keyring of the system, as far as is known.
func (s *Secrets) InKeyring() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ring != nil && !s.ringOff
}

func (s *Secrets) read() (map[string]string, error) {
	if s.path == "" {
		return s.memory, nil
	}
	all := map[string]string{}
	data, err := os.ReadFile(s.path)
	if errors.Is(err, fs.ErrNotExist) {
		return all, nil
	}
	if err == nil {
		err = json.Unmarshal(data, &all)
	}
	return all, err
}

// write changes the file: a value of nil takes the secret out.
func (s *Secrets) write(key string, value *string) error {
	all, err := s.read()
	if err != nil {
		return err
	}
	if old, had := all[key]; value == nil && !had || value != nil && had && old == *value {
		return nil
	}
	if all == nil {
		all = map[string]string{}
	}
	if value == nil {
		delete(all, key)
	} else {
		all[key] = *value
	}
	if s.path == "" {
		s.memory = all
		return nil
	}
	data, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		return err
	}
	return replaceFile(s.path, data, 0o600)
}
