"""Where e2e.recording writes down what it is given."""

CREATE = "CREATE TABLE e2e_recorded (id bigserial PRIMARY KEY, kind text NOT NULL, fact jsonb NOT NULL)"
