"""What is told together: a person's day, a team's week."""
