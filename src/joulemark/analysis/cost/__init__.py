"""Carbon and money from energy by factors that somebody declared; never a part of the joules."""
